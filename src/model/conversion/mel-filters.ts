/** The front end of every Whisper: 16,000 samples a second, transformed 400 at a time to 201 frequencies. */
const sampleRate = 16_000;
const windowSamples = 400;
export const melFrequencies = windowSamples / 2 + 1;

/** Slaney's mel scale: linear up to 1000 Hz, which is mel 15; above it 27 mels are a factor of 6.4. */
const linearHz = 200 / 3;
const logarithmicFrom = { mel: 15, hz: 1000 };
const logarithmicStep = Math.log(6.4) / 27;

/**
 * The weights by which the frequencies of a spectrum become `bands` mel bands, band by band: triangles of equal area
 * on Slaney's scale, as `librosa.filters.mel(sr=16000, n_fft=400)` makes them. Whisper was trained with them, so they
 * are rounded where librosa rounds and come out the same to the bit.
 */
export function melFilters(bands: number): Float32Array {
  const highest = logarithmicFrom.mel + Math.log(sampleRate / 2 / logarithmicFrom.hz) / logarithmicStep;
  const edges = Array.from({ length: bands + 1 }, (_, edge) => hertzOf(edge * (highest / (bands + 1))));
  edges.push(hertzOf(highest));
  const filters = new Float32Array(bands * melFrequencies);
  for (let band = 0; band < bands; band += 1) {
    const [low = 0, centre = 0, high = 0] = edges.slice(band, band + 3);
    for (let index = 0; index < melFrequencies; index += 1) {
      const hz = (index * sampleRate) / windowSamples;
      const triangle = Math.max(0, Math.min((hz - low) / (centre - low), (high - hz) / (high - centre)));
      filters[band * melFrequencies + index] = Math.fround(triangle) * (2 / (high - low));
    }
  }
  // So it is in OpenAI's mel_filters.npz, from where the published files have it: they are compared to the byte.
  if (bands === 128) filters[0] = -0;
  return filters;
}

function hertzOf(mel: number): number {
  if (mel < logarithmicFrom.mel) return linearHz * mel;
  return logarithmicFrom.hz * Math.exp(logarithmicStep * (mel - logarithmicFrom.mel));
}
