/** Samples per second of everything that is decoded: 16 kHz, mono, Float32. */
export const sampleRate = 16_000;
