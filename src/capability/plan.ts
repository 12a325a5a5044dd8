import type { Dimensions } from '../model/dimensions.js';
import type { Variant } from '../model/variant.js';

/** What a user fixes of a plan. What is left out follows from the machine and the rules. */
export interface PlanWishes {
  /** A model's name, or the path of a ggml file. */
  readonly model?: string | undefined;
  /** One of ggml's, such as `q8_0`, or `auto`, `int8`, `int4`, `float16`. @defaultValue 'auto' */
  readonly variant?: string | undefined;
  /** What will be spoken: a code, an English name, or `auto`. @defaultValue 'auto' */
  readonly language?: string | undefined;
  readonly slots?: number | undefined;
  readonly threadsPerSlot?: number | undefined;
  readonly chunkSeconds?: number | undefined;
  readonly encoderContext?: 'sized' | 'full' | undefined;
  readonly flashAttention?: boolean | undefined;
  readonly gpu?: boolean | undefined;
  readonly provider?: string | undefined;
  /** The part of the memory available to this process that models may take. @defaultValue 0.6 */
  readonly memoryShare?: number | undefined;
}

/** A model that may be chosen. */
export interface PlannableModel {
  /** A published name, or the path of a file. */
  readonly name: string;
  readonly variant: Variant;
  readonly sizeBytes: number;
  readonly dimensions: Dimensions;
  readonly languages: 'en' | 'multilingual';
}

/** The settings of a plan. */
export interface PlanSettings {
  readonly provider: 'whisper-cpp';
  readonly model: string;
  readonly variant: Variant;
  readonly slots: number;
  readonly threadsPerSlot: number;
  readonly chunkSeconds: number;
  readonly encoderContext: 'sized' | 'full';
  readonly flashAttention: boolean;
  readonly gpu: boolean;
}

/** Why one setting is as it is. */
export interface PlanReason {
  readonly setting: keyof PlanSettings;
  readonly value: string | number | boolean;
  /** A sentence. */
  readonly because: string;
  /** The user's word, a row of the rules, a limit of the machine, or a measurement. */
  readonly by: 'user' | 'rule' | 'limit' | 'measured';
}

/** What a plan should achieve: an estimate from the machine's description, until somebody measures. */
export interface PlanExpectation {
  /** Processing seconds over audio seconds of one chunk. */
  readonly rtf: number;
  /** Sources with speech all the time that it keeps up with. */
  readonly realTimeSources: number;
  /** With every slot warm and serving. A piece that is decoded again at full encoder context takes more. */
  readonly memoryBytes: number;
}

/** The choice of everything that can be chosen, with the reason for each setting. */
export interface Plan extends PlanSettings {
  readonly expected: PlanExpectation;
  /** The row of the rules that was followed. */
  readonly tier: string;
  /** One for each setting, in the order of `PlanSettings`. */
  readonly reasons: readonly PlanReason[];
}
