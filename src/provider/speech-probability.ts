import { loadAddon, type NativeVad } from './addon.js';
import { asEngineError } from './native-call.js';

/**
 * A window whose loudest sample is below this is silence without asking the network: −66 dB of full scale, under the
 * noise of any microphone or telephone line. It makes two hours of digital silence cost a pass over memory.
 */
const quietPeak = 0.0005;
/** Windows that are judged together by the energy gate. */
const gateWindows = 16;

/** Silero VAD over one stream, behind an energy gate. */
export class SpeechProbability {
  readonly #vad: NativeVad;

  /** @throws EngineError `MODEL_MISSING`, `MODEL_CORRUPT` */
  constructor(path: string) {
    this.#vad = asEngineError('MODEL_LOAD_FAILED', () => loadAddon().openVad(path));
  }

  /** Samples per probability. */
  get windowSamples(): number {
    return this.#vad.windowSamples;
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
      if (isQuietHere) this.#vad.reset();
      else probabilities.set(this.judged(pcm.subarray(from, to)), from / this.windowSamples);
      from = to;
    }
    return probabilities;
  }

  /** The same by the network alone, without the gate. */
  judged(pcm: Float32Array): Float32Array {
    return asEngineError('INTERNAL', () => this.#vad.probabilities(pcm));
  }

  /** Forgets the stream, for another one. */
  reset(): void {
    this.#vad.reset();
  }

  close(): void {
    this.#vad.close();
  }
}

function isQuiet(pcm: Float32Array): boolean {
  return pcm.every((sample) => Math.abs(sample) < quietPeak);
}
