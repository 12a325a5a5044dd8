import { loadAddon, type NativeVad, type NativeVadStream } from './addon.js';
import { asEngineError } from './native-call.js';

/**
 * A window whose loudest sample is below this is silence without asking the network: −66 dB of full scale, under the
 * noise of any microphone or telephone line. It makes two hours of digital silence cost a pass over memory.
 */
const quietPeak = 0.0005;
/** Windows that are judged together by the energy gate. */
const gateWindows = 16;

/**
 * Silero's network, for any number of streams on this thread.
 * @throws EngineError `MODEL_MISSING`, `MODEL_CORRUPT`
 */
export function openVad(path: string): NativeVad {
  return asEngineError('MODEL_LOAD_FAILED', () => loadAddon().openVad(path));
}

/** Silero VAD over one stream, behind an energy gate. */
export class SpeechProbability {
  /** Samples per probability. */
  readonly windowSamples: number;
  readonly #stream: NativeVadStream;

  constructor(vad: NativeVad) {
    this.windowSamples = vad.windowSamples;
    this.#stream = asEngineError('INTERNAL', () => vad.openStream());
  }

  /** Speech probability of each window of `pcm`, going on from the last call; a partial window at the end is padded. */
  of(pcm: Float32Array): Float32Array {
    const gateSamples = gateWindows * this.windowSamples;
    const probabilities = new Float32Array(Math.ceil(pcm.length / this.windowSamples));
    for (let from = 0; from < pcm.length; ) {
      const isQuietHere = isQuiet(pcm.subarray(from, from + gateSamples));
      let to = Math.min(from + gateSamples, pcm.length);
      while (to < pcm.length && isQuiet(pcm.subarray(to, to + gateSamples)) === isQuietHere) {
        to = Math.min(to + gateSamples, pcm.length);
      }
      if (isQuietHere) this.#stream.reset();
      else probabilities.set(this.judged(pcm.subarray(from, to)), from / this.windowSamples);
      from = to;
    }
    return probabilities;
  }

  /** The same by the network alone, without the gate. */
  judged(pcm: Float32Array): Float32Array {
    return asEngineError('INTERNAL', () => this.#stream.probabilities(pcm));
  }

  close(): void {
    this.#stream.close();
  }
}

function isQuiet(pcm: Float32Array): boolean {
  return pcm.every((sample) => Math.abs(sample) < quietPeak);
}
