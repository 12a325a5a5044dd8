import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../errors.js';

/** The native addon's surface, mirroring native/binding_*.cc. This is the only file that touches the binary. */
export interface Addon {
  systemInformation(): SystemInformation;
  /** Language codes Whisper knows, in model order. */
  languages(): string[];
  /** Loads the weights, or shares them when this process already holds the same file with the same options. Blocks. */
  openContext(path: string, options: ContextOptions): NativeContext;
  /** How often weights were read from disk since the process started, and how many contexts are held now. */
  contextStatistics(): { weightsRead: number; open: number };
  /** Loads Silero VAD weights. Blocks for a few milliseconds. */
  openVad(path: string): NativeVad;
  /** Opens an encoded file, by path or as bytes (copied). Throws code `AUDIO_UNSUPPORTED` when no built-in decoder knows it. */
  openAudio(source: string | Uint8Array): NativeAudioReader;
  /** A streaming converter of raw samples to 16 kHz mono Float32. */
  openPcm(format: PcmFormat): NativePcmConverter;
  /**
   * Quantises whole rows of `rowElements` values each with ggml's own quantiser, without an importance matrix. Blocks.
   * Throws code `OPTION_INVALID` for a type or a length that cannot be.
   */
  quantizeRows(variant: string, values: Float32Array, rowElements: number): Uint8Array;
}

export interface SystemInformation {
  readonly whisperVersion: string;
  readonly compiler: string;
  /** Instruction sets the CPU kernels were compiled with, e.g. `AVX2`. */
  readonly cpuFeaturesCompiled: readonly string[];
  /** Instruction sets of this CPU, from the same list of names. */
  readonly cpuFeaturesPresent: readonly string[];
  readonly backends: readonly {
    readonly name: string;
    readonly description: string;
    readonly kind: 'cpu' | 'gpu' | 'integrated-gpu' | 'accelerator';
    readonly memoryBytes: number;
  }[];
}

export interface ContextOptions {
  /** `device:inode:size:mtimeNs:ctimeNs` of the file that was checked; another file under this path is refused as `MODEL_CORRUPT`. */
  readonly fileKey: string;
  readonly flashAttention: boolean;
  readonly gpu: boolean;
  /** Alignment-head preset for DTW word times, e.g. `base` or `tiny.en`; empty when the model has none. */
  readonly alignment: string;
}

export interface NativeContext {
  readonly multilingual: boolean;
  /** Frames of a full encoder window; 1500 for every published model. */
  readonly fullEncoderContext: number;
  /** False when this call found the weights already in memory. */
  readonly weightsRead: boolean;
  readonly loadSeconds: number;
  createState(): NativeState;
  /** Gives the weights back; they are freed when their last state and context are closed. Idempotent. */
  close(): void;
}

export interface NativeState {
  /** One encode and one decoder step over silence, so that every page of the state is resident. */
  warm(threads: number): void;
  detectLanguage(pcm: Float32Array, options: DetectOptions, control: Int32Array): NativeDetection;
  /** Blocks this thread until the text is there, `control[0]` becomes 1, or the deadline passes. */
  decode(
    pcm: Float32Array,
    options: DecodeOptions,
    control: Int32Array,
    onSegment?: (segment: NativeSegment) => void,
  ): NativeDecoded;
  close(): void;
}

export interface DetectOptions {
  readonly threads: number;
  /** Encoder frames; 0 is the full window. */
  readonly encoderContext: number;
  /** Seconds from now until the call gives up; Infinity for never. */
  readonly deadlineSeconds: number;
}

export type NativeDetection =
  | { readonly status: 'done'; readonly language: string; readonly probability: number }
  | { readonly status: 'aborted' | 'deadline' };

export interface DecodeOptions extends DetectOptions {
  readonly language: string;
  readonly translate: boolean;
  readonly prompt: string;
  /** Tokens after which a decode is stopped as runaway; 0 for no limit. */
  readonly maxTokens: number;
  /** A phrase said this often in a row ends the text as a loop; at least 2. */
  readonly loopTurns: number;
  readonly beamSize: number;
  /** Steps of sampling temperature tried after a failed greedy decode; 0 for none. */
  readonly temperatureIncrement: number;
  readonly words: boolean;
}

/** One or more tokens whose bytes together are whole characters. */
export interface NativeToken {
  readonly text: string;
  readonly probability: number;
  /** Seconds from the start of the piece; NaN when words were not asked for. */
  readonly startSeconds: number;
  readonly endSeconds: number;
}

export interface NativeSegment {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly text: string;
  readonly averageLogProbability: number;
  readonly tokens: readonly NativeToken[];
}

export type NativeDecoded =
  | {
      readonly status: 'done';
      readonly segments: readonly NativeSegment[];
      readonly noSpeechProbability: number;
      readonly temperature: number;
      /** The text ran into a loop and was stopped there. */
      readonly looped: boolean;
      readonly encoderContext: number;
      readonly wordTimes: 'none' | 'dtw' | 'heuristic';
      readonly melSeconds: number;
      readonly encodeSeconds: number;
      readonly decodeSeconds: number;
      readonly totalSeconds: number;
    }
  | { readonly status: 'aborted' | 'deadline' };

/** Weights and buffers that its streams use in turn; they stay until the last of them is closed. */
export interface NativeVad {
  /** Samples per probability: 512 at 16 kHz. */
  readonly windowSamples: number;
  openStream(): NativeVadStream;
  close(): void;
}

export interface NativeVadStream {
  /** Speech probability of each window of `pcm` (16 kHz mono), continuing from the last call. A last partial window is padded. */
  probabilities(pcm: Float32Array): Float32Array;
  /** Forgets what was heard, for a new stream. */
  reset(): void;
  close(): void;
}

export interface NativeAudioReader {
  readonly format: 'wav' | 'mp3' | 'flac' | 'ogg';
  readonly sampleRate: number;
  readonly channels: number;
  /** Fills `into` with 16 kHz mono as far as it can and returns how far; 0 is the end. Throws code `AUDIO_BROKEN`. */
  read(into: Float32Array): number;
  close(): void;
}

export interface PcmFormat {
  readonly encoding: 'f32' | 's16';
  /** Samples per second of one channel, 1 … 384,000. */
  readonly sampleRate: number;
  /** Interleaved channels, mixed down to one. */
  readonly channels: number;
}

export interface NativePcmConverter {
  /** Converts one block; `last` also flushes the resampler. Samples that are not finite throw code `AUDIO_INVALID`. */
  convert(samples: Float32Array | Int16Array, last: boolean): Float32Array;
  close(): void;
}

/** What to do about a binary that is missing, or is not for this machine. */
export const buildCommand = '`npx whisperpool setup`';

const fileName = 'whisperpool.node';

/** The package that has it for systems such as this one. There is none for musl. */
const platformPackage = `@whisperpool/native-${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}`;

/**
 * How the threads of a decode wait for one another. A wait that spins costs 4–10× per token on a busy machine, one that
 * sleeps at once makes two threads slower than one: a short spin, then sleep, is neither.
 */
export const threadWaits = { OMP_WAIT_POLICY: 'passive', GOMP_SPINCOUNT: '1000' } as const;

const require = createRequire(import.meta.url);
let loaded: Addon | undefined;

/** This installation's binary, which need not be there. */
export const addonPath = findBinary();

/** One that was built here goes first: it was made for this CPU, and somebody asked for it. */
function findBinary(): string {
  const built = fileURLToPath(new URL(`../../build/native/${fileName}`, import.meta.url));
  if (existsSync(built)) return built;
  try {
    return join(dirname(require.resolve(`${platformPackage}/package.json`)), fileName);
  } catch {
    return built;
  }
}

/**
 * The native addon, loaded once per thread. The main thread must call this first: it keeps the library from being
 * unloaded with a worker, and `threadWaits` only count when they are set before libgomp starts. A policy of the user's
 * stands.
 * @param path - another binary than this installation's, for a probe; the first call decides
 * @throws EngineError `NATIVE_NOT_BUILT`
 */
export function loadAddon(path = addonPath): Addon {
  if (loaded) return loaded;
  if (process.env['OMP_WAIT_POLICY'] === undefined) {
    process.env['OMP_WAIT_POLICY'] = threadWaits.OMP_WAIT_POLICY;
    process.env['GOMP_SPINCOUNT'] ??= threadWaits.GOMP_SPINCOUNT;
  }
  try {
    loaded = require(path) as Addon;
  } catch (cause) {
    const [reason = ''] = existsSync(path) && cause instanceof Error ? cause.message.split('\n') : [];
    throw new EngineError(
      'NATIVE_NOT_BUILT',
      `The native addon could not be loaded${reason && ` (${reason})`}. Build it with ${buildCommand} (needs cmake and a C++ compiler).`,
      { cause },
    );
  }
  return loaded;
}
