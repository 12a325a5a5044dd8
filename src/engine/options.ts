import type { policies } from '../degrade/policies.js';
import type { Policy } from '../degrade/policy.js';
import { EngineError } from '../errors.js';
import type { LoadingOptions, LoadingPreset } from '../model/loading-options.js';
import type { StoreOptions } from '../model/store/store-options.js';
import type { Isolation } from '../pool/open-pool.js';
import type { DecodingOptions } from '../session/decoding-options.js';
import type { SpoolOptions } from '../session/spool.js';
import type { Progress } from '../session/transcription.js';
import type { Logger } from '../telemetry/log.js';
import type { Segment } from '../transcript/transcript.js';
import type { ProviderOptions } from './provider-options.js';

/** How an engine is made. Everything has a default that suits the machine. */
export interface EngineOptions extends ProviderOptions {
  /**
   * A model name (`tiny.en`, `base`, `turbo`) or the path of a ggml file.
   * @defaultValue `WHISPERPOOL_MODEL`, then `WHISPER_MODEL_SIZE`, then the plan's choice of those on this machine
   */
  readonly model?: string | undefined;
  /**
   * Which variant, whether to wait for it, and what to do when it cannot be had: a preset (`default` f16, `fast` int4 in
   * the background, `fastBlocking`, `strict` int4 or an error) or the single choices. @defaultValue 'auto'
   */
  readonly loading?: LoadingPreset | LoadingOptions | undefined;
  /** `eager` loads at once, `lazy` when the first work comes. @defaultValue 'eager' */
  readonly start?: 'eager' | 'lazy' | undefined;
  /** What happens to work that comes while a background load runs. @defaultValue 'refuse' */
  readonly whileLoading?: 'refuse' | 'wait' | undefined;
  /** Models that stay in memory after a switch, the serving one included. @defaultValue 1 */
  readonly residentModels?: number | undefined;
  /** Live sessions that may be open at once, detached ones included. @defaultValue 10 */
  readonly sessionLimit?: number | undefined;
  /** Where live audio waits that a source sheds to disk, and how much of it may. @defaultValue 1 GiB in the system's folder for temporary files */
  readonly spool?: SpoolOptions | undefined;
  /**
   * What decides how live audio is kept live when there is more than the machine can do: a policy by name or of your own;
   * false for none, so that plans never change. @defaultValue 'standard'
   */
  readonly degrade?: Policy | keyof typeof policies | false | undefined;
  /** The policy's decisions are written down in `engine.ladder.history`, and nothing is changed. @defaultValue false */
  readonly degradeDryRun?: boolean | undefined;
  /** Where the engine writes what it does: a pino logger or the like. @defaultValue none */
  readonly logger?: Logger | undefined;
  /** Seconds without work after which all models are given back, until work comes. @defaultValue Infinity */
  readonly idleUnloadSeconds?: number | undefined;
  /** Folders to look for models in. @defaultValue `WHISPERPOOL_MODELS`, ./models, and the package's own */
  readonly modelFolders?: readonly string[] | undefined;
  /** Whether a model that is not here is fetched. `WHISPERPOOL_OFFLINE=1` forbids it too. @defaultValue true */
  readonly download?: boolean | undefined;
  /** Where fetched models come from and are kept. */
  readonly store?: StoreOptions | undefined;
  /** The language of everything this engine hears: a code, an English name, or `auto`. @defaultValue 'auto' */
  readonly language?: string | undefined;
  /**
   * Whether the plan is corrected by measuring on this machine: at most about 5 s once, then remembered for 30 days.
   * `WHISPERPOOL_CALIBRATE=0` turns it off, too. A background load and a lazy start do not wait for it: they only use
   * what is remembered. @defaultValue true
   */
  readonly calibrate?: boolean | undefined;
  /** Decodes at a time; each has a thread and warmed memory of its own. @defaultValue the plan's: one a usable core, at most 8 */
  readonly slots?: number | undefined;
  /** Cores that one decode uses. @defaultValue the plan's: usable cores over slots */
  readonly threadsPerSlot?: number | undefined;
  /** `sized` to each piece of audio, or Whisper's `full` 30 s for comparison. @defaultValue 'sized' */
  readonly encoderContext?: 'sized' | 'full' | undefined;
  /** Flash attention. It rules out word times by DTW; they are estimated from token probabilities instead. @defaultValue the plan's: false on a CPU */
  readonly flashAttention?: boolean | undefined;
  /**
   * Where decodes run: on threads of this process, or in a process of their own that all slots share. A crash in native
   * code, or memory that runs out, then costs the decodes under way another try, and this process goes on. It costs one
   * more Node process, some 50 MB beside the model (`snapshot().memory` does not count it), and a copy of the audio.
   * @defaultValue 'thread'
   */
  readonly isolation?: Isolation | undefined;
  /** Use a GPU that the addon was built for. @defaultValue the plan's: true where there is one */
  readonly gpu?: boolean | undefined;
}

/** How one input is transcribed. */
export interface TranscribeOptions extends DecodingOptions {
  /** A code, an English name, or `auto`. @defaultValue the engine's */
  readonly language?: string | undefined;
  /** Stops it, in the middle of a decode, too. */
  readonly signal?: AbortSignal | undefined;
  /** Seconds from the call until it gives up. @defaultValue none */
  readonly deadlineSeconds?: number | undefined;
  /** Called with each segment when it is final, in order. */
  readonly onSegment?: ((segment: Segment) => void) | undefined;
  /** Called when more of the input is done. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** How live audio is transcribed. */
export interface SessionOptions extends DecodingOptions {
  /**
   * A model of its own, beside the engine's; its weights are shared with sessions that ask for the same. Only whisper.cpp
   * decodes with it: no other of the `providers` takes over. @defaultValue the engine's
   */
  readonly model?: string | undefined;
  /** A code, an English name, or `auto`: then the first final of each source decides. @defaultValue the engine's */
  readonly language?: string | undefined;
  /**
   * An utterance is cut at this length at the latest, where it is quietest; `continuous` cuts at pauses, and at 15 s.
   * Below 4 s many words are cut apart. @defaultValue 8, or the plan's when that is longer
   */
  readonly chunkSeconds?: number | 'continuous' | undefined;
  /** Audio after which a growing utterance is decoded for its partial text; false for none. @defaultValue 1 */
  readonly partialEverySeconds?: number | false | undefined;
  /**
   * Characters of a source's earlier finals that go before the next audio, at most, so that names keep their spelling.
   * They are forgotten after 5 s of silence, a repetition, and a change of language. On short chunks they cost more
   * words than they save, so there are none unless asked for. @defaultValue 0
   */
  readonly carriedCharacters?: number | undefined;
  /** Gives up waiting for the model. */
  readonly signal?: AbortSignal | undefined;
}

/** How an engine changes to another model. */
export interface SwitchOptions {
  /** @defaultValue the engine's */
  readonly loading?: LoadingPreset | LoadingOptions | undefined;
  /** Gives up the new model; the old one serves on. */
  readonly signal?: AbortSignal | undefined;
}

/** The model that a user wants to start with: the option, or what the environment says. */
export function initialModel(option: string | undefined): string | undefined {
  const { WHISPERPOOL_MODEL, WHISPER_MODEL_SIZE } = process.env;
  return option ?? named(WHISPERPOOL_MODEL) ?? named(WHISPER_MODEL_SIZE);
}

/** An empty variable is one that is not set. */
function named(value: string | undefined): string | undefined {
  return value?.trim() === '' ? undefined : value?.trim();
}

/** @throws EngineError `OPTION_INVALID` */
export function residentLimit(option: number | undefined): number {
  if (option === undefined) return 1;
  if (Number.isInteger(option) && option >= 1) return option;
  throw new EngineError('OPTION_INVALID', `\`residentModels\` is ${String(option)}; it must be a whole number from 1.`);
}

/** @throws EngineError `OPTION_INVALID` */
export function idleLimitSeconds(option: number | undefined): number {
  if (option === undefined) return Number.POSITIVE_INFINITY;
  if (typeof option === 'number' && option > 0) return option;
  throw new EngineError('OPTION_INVALID', `\`idleUnloadSeconds\` is ${String(option)}; it must be above zero.`);
}

/** @throws EngineError `OPTION_INVALID` */
export function isDryRun(option: boolean | undefined): boolean {
  if (option === undefined || typeof option === 'boolean') return option ?? false;
  throw new EngineError('OPTION_INVALID', `\`degradeDryRun\` is ${String(option)}; it must be true or false.`);
}

/** @throws EngineError `OPTION_INVALID` */
export function mayMeasure(option: boolean | undefined): boolean {
  if (option !== undefined && typeof option !== 'boolean') {
    throw new EngineError('OPTION_INVALID', `\`calibrate\` is ${String(option)}; it must be true or false.`);
  }
  const setting = process.env['WHISPERPOOL_CALIBRATE'];
  return (option ?? true) && setting !== '0' && setting !== 'false';
}
