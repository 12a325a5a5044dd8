import { sampleRate } from '../provider/audio-format.js';

/** One block of input; a piece to decode is at most half as long. */
const bufferSamples = 30 * sampleRate;
/** More than this stays with nobody: a burst of work does not hold its memory for ever. */
const mostKept = 64;

/**
 * Shared memory for audio, used again and again. V8 does not count shared memory as garbage that is worth collecting
 * (it leaves that to each isolate that holds a reference), so what is dropped would stay for minutes.
 */
export class PcmBuffers {
  readonly #free: SharedArrayBuffer[] = [];

  /** The beginning of a buffer; undefined when so many samples do not fit. */
  takeFor(samples: number): Float32Array | undefined {
    return samples <= bufferSamples ? this.take().subarray(0, samples) : undefined;
  }

  /** Room for 30 s of audio; what was in it is still there. */
  take(): Float32Array {
    return new Float32Array(this.#free.pop() ?? new SharedArrayBuffer(bufferSamples * Float32Array.BYTES_PER_ELEMENT));
  }

  /** Takes back the memory under `pcm`. Nobody may use it any more, on any thread. */
  give({ buffer }: Float32Array): void {
    const isOurs = buffer instanceof SharedArrayBuffer && buffer.byteLength === bufferSamples * 4;
    if (isOurs && this.#free.length < mostKept) this.#free.push(buffer);
  }
}
