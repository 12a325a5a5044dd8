import { type ModelSize, preferredVariants } from '../model/catalog.js';
import type { Variant } from '../model/variant.js';

/** Where a decode runs. */
export type Place = 'gpu' | 'metal' | 'cpu';

/** A row of the table: what a machine must have, and what it then gets. */
export interface Tier {
  /** Ends the sentence 'small is the model for …'. */
  readonly name: string;
  readonly place: Place;
  /** Physical ones that decode. */
  readonly fromCores: number;
  /** Installed, or the limit of the container. */
  readonly fromMemoryBytes: number;
  readonly fromGpuMemoryBytes: number;
  /** The row is for machines that are expected to decode a chunk within this part of its length. */
  readonly mostRtf: number;
  /** By its multilingual name; where English is spoken, its `.en` is taken instead. */
  readonly model: ModelSize;
  readonly chunkSeconds: number;
  readonly encoderContext: 'sized' | 'full';
  readonly flashAttention: boolean;
  readonly mostSlots: number;
  readonly mostThreads: number;
}

// Decimal: a machine sold with 16 GiB shows its system 15.5 to 15.9 of them.
const gigabyte = 1e9;
const anything = { fromCores: 1, fromMemoryBytes: 0, fromGpuMemoryBytes: 0, mostRtf: Number.POSITIVE_INFINITY };

/**
 * On a CPU more than 8 slots only add memory: beyond it, threads are the better use of cores, and beyond 8 threads a
 * decode hardly gets faster. Flash attention is no faster on short chunks, and rules out word times by DTW.
 */
const onCpu = { place: 'cpu', encoderContext: 'sized', flashAttention: false, mostSlots: 8, mostThreads: 8 } as const;
/** A second slot prepares its audio and samples its text while the GPU works for the first; a third only waits. */
const onGpu = { place: 'gpu', encoderContext: 'sized', flashAttention: true, mostSlots: 2, mostThreads: 4 } as const;
const onMetal = { ...onGpu, place: 'metal' } as const;
/** A chunk must be decoded before the next one is there, with a quarter of the time to spare. */
const comfortableRtf = 0.75;

/**
 * The table. The first row of its place that a machine satisfies is the one it gets, so rows go from the largest model
 * to the smallest: more of anything never gives a smaller model. The last rows of a place ask for nothing. A model
 * that is not there or does not fit is replaced by the next smaller one, whatever the row says.
 *
 * Chunks are 2 s where the encoder is cheap. On a CPU they are 4 s: because the sized encoder context has a floor of 384
 * frames, 2 s would cost nearly as much.
 */
export const tiers: readonly Tier[] = [
  {
    ...anything,
    ...onGpu,
    name: 'a GPU with 6 GB or more',
    fromGpuMemoryBytes: 6 * gigabyte,
    mostRtf: comfortableRtf,
    model: 'large-v3-turbo',
    chunkSeconds: 2,
  },
  { ...anything, ...onGpu, name: 'a GPU with less than 6 GB', model: 'small', chunkSeconds: 2 },
  {
    ...anything,
    ...onMetal,
    name: 'Metal with 32 GB of memory or more',
    fromMemoryBytes: 32 * gigabyte,
    mostRtf: comfortableRtf,
    model: 'large-v3-turbo',
    chunkSeconds: 2,
  },
  {
    ...anything,
    ...onMetal,
    name: 'Metal with 16 GB of memory or more',
    fromMemoryBytes: 16 * gigabyte,
    mostRtf: comfortableRtf,
    model: 'small',
    chunkSeconds: 2,
  },
  {
    ...anything,
    ...onMetal,
    name: 'Metal with 8 GB of memory or more',
    fromMemoryBytes: 8 * gigabyte,
    model: 'base',
    chunkSeconds: 2,
  },
  { ...anything, ...onMetal, name: 'Metal with little memory', model: 'base', chunkSeconds: 4 },
  {
    ...anything,
    ...onCpu,
    name: 'a CPU with 32 cores and 32 GB of memory or more',
    fromCores: 32,
    fromMemoryBytes: 32 * gigabyte,
    mostRtf: comfortableRtf,
    model: 'medium',
    chunkSeconds: 4,
  },
  {
    ...anything,
    ...onCpu,
    name: 'a CPU with 16 GB of memory or more',
    fromMemoryBytes: 16 * gigabyte,
    model: 'small',
    chunkSeconds: 4,
  },
  { ...anything, ...onCpu, name: 'a CPU with less than 16 GB of memory', model: 'base', chunkSeconds: 4 },
];

/** Slots give way to threads until a chunk is decoded within this part of its length. */
export const mostDecodeRtf = comfortableRtf;
/** The load up to which a plan stays as it is; more sources would make the engine step down. */
export const mostLoad = 0.85;
/** A GPU with less memory of its own is left alone. */
export const leastGpuMemoryBytes = 2 * gigabyte;
/**
 * Slow cores that decode, as a part of all slow cores. They are about half as fast, and threads of one decode wait for
 * the slowest; the other half is there for the host, its audio and its network.
 */
export const efficiencyCoreShare = 0.5;
/** Taken for installed where nothing about memory can be read; half of what is installed is then taken for available. */
export const assumedMemoryBytes = gigabyte;

/** The order of taste when any variant will do. GPUs are built for f16. */
export const variantOrder: Readonly<Record<Place, readonly Variant[]>> = {
  cpu: preferredVariants,
  gpu: ['f16', ...preferredVariants.filter((variant) => variant !== 'f16')],
  metal: ['f16', ...preferredVariants.filter((variant) => variant !== 'f16')],
};

/** Backends of the addon that can use a GPU with memory of its own. */
export const gpuBackends = {
  nvidia: /cuda|vulkan/i,
  amd: /rocm|hip|vulkan/i,
  intel: /sycl|vulkan/i,
} as const satisfies Readonly<Record<string, RegExp>>;
