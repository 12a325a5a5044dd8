import { type AdapterProvider, adapter, type HubOptions, modelPlace, type ProgramOptions } from './adapter.js';
import { adapterTable } from './adapter-table.js';

export interface FasterWhisperOptions extends HubOptions {
  /** A folder in CTranslate2's format, or a name such as `base`. */
  readonly model: string;
  /** `int8`, `int8_float16`, `float16`, `float32`, … @defaultValue 'int8' */
  readonly computeType?: string | undefined;
  /** @defaultValue 'cpu' */
  readonly device?: 'cpu' | 'cuda' | undefined;
  /** For its one decode at a time. @defaultValue the threads of all slots of the plan */
  readonly threads?: number | undefined;
}

/** Whisper on CTranslate2, on CPUs and CUDA. */
export function fasterWhisper(options: FasterWhisperOptions): AdapterProvider {
  const { model, computeType: variant = 'int8', device, threads } = options;
  return adapter(adapterTable.fasterWhisper, options, { model: modelPlace(model), variant, device, threads });
}

export interface MlxWhisperOptions extends HubOptions {
  /** A folder in MLX's format, or a repository such as `mlx-community/whisper-base-mlx`. */
  readonly model: string;
}

/** Whisper on MLX. */
export function mlxWhisper(options: MlxWhisperOptions): AdapterProvider {
  return adapter(adapterTable.mlxWhisper, options, { model: modelPlace(options.model) });
}

export interface LightningWhisperMlxOptions extends HubOptions {
  /** A name such as `base` or `distil-large-v3`. */
  readonly model: string;
  /** @defaultValue full precision */
  readonly quantisation?: '4bit' | '8bit' | undefined;
  /** Windows of 30 s decoded at once. @defaultValue 12 */
  readonly batchSize?: number | undefined;
  /** Where it keeps its models. @defaultValue '~/.cache/lightning-whisper-mlx' */
  readonly folder?: string | undefined;
}

/** Whisper on MLX, in batches. */
export function lightningWhisperMlx(options: LightningWhisperMlxOptions): AdapterProvider {
  const { model, quantisation: variant, batchSize, folder } = options;
  return adapter(adapterTable.lightningWhisperMlx, options, { model, variant, batchSize, folder });
}

export interface InsanelyFastWhisperOptions extends HubOptions {
  /** A folder of transformers', or a repository such as `openai/whisper-base`. */
  readonly model: string;
  /** `cuda:0`, `mps`, `cpu`. @defaultValue the first of them that is there */
  readonly device?: string | undefined;
}

/** Whisper in a pipeline of transformers'. */
export function insanelyFastWhisper(options: InsanelyFastWhisperOptions): AdapterProvider {
  const { model, device } = options;
  return adapter(adapterTable.insanelyFastWhisper, options, { model: modelPlace(model), device });
}

export interface ParakeetMlxOptions extends HubOptions {
  /** A folder, or a repository. @defaultValue 'mlx-community/parakeet-tdt-0.6b-v2' */
  readonly model?: string | undefined;
}

/** NVIDIA's Parakeet on MLX. */
export function parakeetMlx(options: ParakeetMlxOptions = {}): AdapterProvider {
  const { model = 'mlx-community/parakeet-tdt-0.6b-v2' } = options;
  return adapter(adapterTable.parakeetMlx, options, { model: modelPlace(model) });
}

export interface WhisperMpsOptions extends HubOptions {
  /** A name such as `base`, or an OpenAI checkpoint's path. */
  readonly model: string;
}

/** OpenAI's checkpoints on MLX. */
export function whisperMps(options: WhisperMpsOptions): AdapterProvider {
  return adapter(adapterTable.whisperMps, options, { model: modelPlace(options.model) });
}

export interface WhisperKitOptions extends ProgramOptions {
  /** A folder of Core ML models, or a name such as `base`, which WhisperKit fetches when it has not got it. */
  readonly model: string;
}

/** Whisper on the Neural Engine, by `whisperkit-cli serve`. */
export function whisperKit(options: WhisperKitOptions): AdapterProvider {
  return adapter(adapterTable.whisperKit, options, { model: modelPlace(options.model) });
}

export interface FluidAudioOptions extends ProgramOptions {
  /** Of Parakeet: `v2` knows English only. @defaultValue 'v3' */
  readonly version?: 'v2' | 'v3' | undefined;
  /** A folder of Core ML models. @defaultValue FluidAudio's own, which it fetches when it has not got them */
  readonly model?: string | undefined;
}

/** Parakeet on the Neural Engine, by `fluidaudiocli`, which loads again for every chunk. */
export function fluidAudio(options: FluidAudioOptions = {}): AdapterProvider {
  const { version: variant, model } = options;
  return adapter(adapterTable.fluidAudio, options, { variant, model: model && modelPlace(model) });
}

export interface VoxtralOptions extends ProgramOptions {
  /** The folder that download_model.sh of voxtral.c makes. */
  readonly model: string;
  /** Audio between two steps of the encoder. @defaultValue voxtral's own, 2 */
  readonly intervalSeconds?: number | undefined;
}

/** Mistral's Voxtral Realtime, whose text comes word by word. */
export function voxtral(options: VoxtralOptions): AdapterProvider {
  const { model, intervalSeconds } = options;
  return adapter(adapterTable.voxtral, options, { model: modelPlace(model), intervalSeconds });
}
