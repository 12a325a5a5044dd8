import type { CacheModel, ExpectedFile, VariantSize } from './tool-cache.js';

/**
 * Millions of weights, and how many of them are the token embedding, which the conversions leave at 16 bits. The rest
 * has 4.5 or 8.5 bits in the quantised ones: with their scales. Known to be so: tiny q4 50 MB, small 4-bit 196 MB,
 * large-v3 8-bit 1.72 GB.
 */
const networks: readonly (readonly [name: string, base: string, weights: number, embedding: number])[] = [
  ['tiny', 'mlx-community/whisper-tiny-mlx', 37.2, 19.9],
  ['base', 'mlx-community/whisper-base-mlx', 71.8, 26.6],
  ['small', 'mlx-community/whisper-small-mlx', 240.6, 39.8],
  ['medium', 'mlx-community/whisper-medium-mlx', 762.4, 53.1],
  ['large-v2', 'mlx-community/whisper-large-v2-mlx', 1541.6, 66.4],
  ['large-v3', 'mlx-community/whisper-large-v3-mlx', 1541.7, 66.4],
  ['large-v3-turbo', 'mlx-community/whisper-large-v3-turbo', 807, 66.4],
];

/** Suffix of the repository, variant, and bits of a quantised weight. `-q4` and `-4bit` are two names of one thing. */
const conversions: readonly (readonly [suffix: string, variant: string, bits: number])[] = [
  ['', 'float16', 16],
  ['-8bit', '8bit', 8.5],
  ['-4bit', '4bit', 4.5],
  ['-q4', '4bit', 4.5],
];

function weightsBytes(weights: number, embedding: number, bits: number): number {
  return Math.round(1e6 * (2 * embedding + ((weights - embedding) * bits) / 8));
}

/** Conversions for Apple's MLX, each under the name of its model and the suffix of its repository: `tiny-q4`. */
export const mlxModels: readonly CacheModel[] = networks.flatMap(([name, base, weights, embedding]) =>
  conversions.map(([suffix, variant, bits]): CacheModel => {
    const otherSizes = conversions
      .filter((other) => other[2] < bits)
      .map(
        ([, smaller, smallerBits]): VariantSize => ({
          variant: smaller,
          bytes: weightsBytes(weights, embedding, smallerBits),
          tolerance: 0.1,
        }),
      );
    const file: ExpectedFile = {
      names: ['weights.npz', 'weights.safetensors', 'model.safetensors'],
      size: { bytes: weightsBytes(weights, embedding, bits), tolerance: bits === 16 ? 0.02 : 0.2 },
      otherSizes,
    };
    return { name: `${name}${suffix}`, variant, source: `${base}${suffix}`, files: [file, { names: ['config.json'] }] };
  }),
);
