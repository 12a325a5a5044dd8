import type { Dimensions } from '../model/dimensions.js';
import type { Variant } from '../model/variant.js';
import { fullEncoderContext, sizedEncoderContext } from '../provider/encoder-context.js';

/** How fast one place is. */
export interface Speed {
  /** Operations a second on large matrices: the encoder. */
  readonly encode: number;
  /** On one row at a time: the decoder, which waits for memory. */
  readonly decode: number;
  /** How many times as long as on the measured core the rest takes, which is never on a GPU. */
  readonly slowdown: number;
}

/** What the seconds of a decode depend on. */
export interface DecodeWork {
  readonly dimensions: Dimensions;
  readonly variant: Variant;
  readonly chunkSeconds: number;
  readonly encoderContext: 'sized' | 'full';
}

const giga = 1e9;

/**
 * One thread of a Xeon at 2.5 GHz with AVX-512 VNNI, fitted to chunks of 2, 4, 8 and 10 s: `tiny.en` q8_0 took 0.30, 0.35,
 * 0.60 and 0.65 s, `base` q8_0 0.59, 0.63, 1.0–1.4 and 1.3 s.
 */
const measuredCore: Speed = { encode: 36 * giga, decode: 9 * giga, slowdown: 1 };

/** Cautious guesses: an M1, what an Intel Mac has, and a small NVIDIA card. */
export const gpuSpeeds: Readonly<Record<'apple' | 'metal' | 'gpu', Speed>> = {
  apple: { encode: 1000 * giga, decode: 40 * giga, slowdown: 1 },
  metal: { encode: 250 * giga, decode: 10 * giga, slowdown: 1 },
  gpu: { encode: 3000 * giga, decode: 60 * giga, slowdown: 1 },
};

/**
 * How much longer other cores take, by what they can do; the first row that fits. Derived from the encoder times that
 * users of whisper.cpp report (its issue 89), a Raspberry Pi 5 for DOTPROD and a 4 for NEON among them.
 */
const slowdowns: readonly { readonly features: readonly string[]; readonly factor: number }[] = [
  { features: ['AVX512_VNNI'], factor: 1 },
  { features: ['AVX2'], factor: 1.3 },
  { features: ['APPLE'], factor: 0.8 },
  { features: ['I8MM'], factor: 1.5 },
  { features: ['DOTPROD'], factor: 3 },
  { features: ['NEON'], factor: 14 },
  { features: ['AVX'], factor: 4 },
  { features: [], factor: 20 },
];
const unknownFactor = 2;

/**
 * How much longer a variant takes than q8_0 on a CPU (77 s of English on `base`, one thread, encoder sized). q5 has no
 * fast kernel; what is not named here has not been measured and is taken to be like it.
 */
const variantFactors: Readonly<Partial<Record<Variant, number>>> = { q8_0: 1, f16: 1.03, q4_0: 0.9 };
const slowVariantFactor = 1.85;

/** Of a decode on one thread, the part that more threads do not share: two are 1.6 times as fast as one. */
const serialPart = 0.25;
/** Text of a second of speech, and the tokens that stand before it. */
const tokensPerSecond = 2.5;
const promptTokens = 3;
/** Spectrum and sampling, in seconds: for a chunk, and for each of its seconds. */
const otherSeconds = 0.02;
const otherSecondsPerSecond = 0.006;

/** What one thread of a core with these features computes. `APPLE` stands for a core of Apple's. */
export function coreSpeed(features: readonly string[] | undefined): Speed {
  const row = slowdowns.find((candidate) => candidate.features.every((feature) => features?.includes(feature)));
  return slowed(measuredCore, features === undefined ? unknownFactor : (row?.factor ?? unknownFactor));
}

/** The same, where everything takes `factor` times as long. */
export function slowed({ encode, decode, slowdown }: Speed, factor: number): Speed {
  return { encode: encode / factor, decode: decode / factor, slowdown: factor * slowdown };
}

/** How much faster `threads` threads are than one. */
export function threadGain(threads: number): number {
  return 1 / (serialPart + (1 - serialPart) / threads);
}

/** How many times the seconds of a decode a variant takes on a CPU; 1 is q8_0. */
export function variantFactor(variant: Variant): number {
  return variantFactors[variant] ?? slowVariantFactor;
}

/** Seconds that one chunk full of speech takes at this speed in q8_0: an estimate. */
export function decodeSeconds({ dimensions, chunkSeconds, encoderContext }: DecodeWork, speed: Speed): number {
  const frames = encoderContext === 'full' ? fullEncoderContext : sizedEncoderContext(chunkSeconds);
  const tokens = promptTokens + tokensPerSecond * chunkSeconds;
  return (
    encodeOperations(dimensions, frames) / speed.encode +
    (tokens * tokenOperations(dimensions)) / speed.decode +
    speed.slowdown * (otherSeconds + otherSecondsPerSecond * chunkSeconds)
  );
}

/** Two convolutions, and for each layer four projections, a network of four times its width, and the attention. */
function encodeOperations({ audioState, audioLayers, mels }: Dimensions, frames: number): number {
  const convolutions = 2 * 3 * audioState * (2 * mels + audioState) * frames;
  const matrices = 2 * 12 * audioState ** 2 * frames;
  const attention = 4 * audioState * frames ** 2;
  return convolutions + audioLayers * (matrices + attention);
}

/** As in the encoder, and attention over the audio, whose keys and values are there already; then the vocabulary. */
function tokenOperations({ textState, textLayers, vocabulary }: Dimensions): number {
  return 2 * (14 * textLayers * textState ** 2 + vocabulary * textState);
}
