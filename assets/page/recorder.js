/** Samples that go in one message: 43 ms at 48 kHz. */
const blockLength = 2048;

/** Runs on the audio thread: gathers blocks of 16-bit samples and says how loud they are. */
class Recorder extends AudioWorkletProcessor {
  #samples = new Int16Array(blockLength);
  #length = 0;
  #energy = 0;

  /** @param {Float32Array[][]} inputs */
  process([[samples = []] = []]) {
    for (const sample of samples) {
      const clipped = Math.max(-1, Math.min(1, sample));
      this.#energy += clipped * clipped;
      this.#samples[this.#length] = Math.round(clipped * 32_767);
      this.#length += 1;
      if (this.#length === blockLength) this.#flush();
    }
    return true;
  }

  #flush() {
    const { buffer } = this.#samples;
    this.port.postMessage({ buffer, loudness: Math.sqrt(this.#energy / blockLength) }, [buffer]);
    this.#samples = new Int16Array(blockLength);
    this.#length = 0;
    this.#energy = 0;
  }
}

registerProcessor('recorder', Recorder);
