import { EngineError } from '../errors.js';
import { languageCode } from '../model/language.js';
import { defaultMemoryShare } from './memory-allowance.js';
import type { PlanWishes } from './plan.js';

/** Wishes that make sense each by itself. */
export interface ResolvedWishes extends PlanWishes {
  /** A code, or `auto`. */
  readonly language: string;
  readonly variant: string;
  readonly memoryShare: number;
}

const mostCount = 256;
/** One window of Whisper's. */
const mostChunkSeconds = 30;

/** @throws EngineError `OPTION_INVALID`, `LANGUAGE_UNKNOWN` */
export function resolvedWishes(wishes: PlanWishes): ResolvedWishes {
  const { chunkSeconds, encoderContext, memoryShare = defaultMemoryShare, provider = 'whisper-cpp' } = wishes;
  checkedCount('slots', wishes.slots);
  checkedCount('threadsPerSlot', wishes.threadsPerSlot);
  if (chunkSeconds !== undefined) checkedPart('chunkSeconds', chunkSeconds, mostChunkSeconds);
  checkedPart('memoryShare', memoryShare, 1);
  if (encoderContext !== undefined) checkedOneOf('encoderContext', encoderContext, ['sized', 'full']);
  checkedOneOf('provider', provider, ['whisper-cpp']);
  for (const name of ['gpu', 'flashAttention'] as const) {
    if (wishes[name] !== undefined) checkedOneOf(name, wishes[name], [true, false]);
  }
  const { language = 'auto', variant = 'auto' } = wishes;
  return { ...wishes, memoryShare, variant, language: languageCode(language) };
}

/** @throws EngineError `OPTION_INVALID` */
function checkedCount(name: string, wish: number | undefined): number | undefined {
  if (wish === undefined || (Number.isInteger(wish) && wish >= 1 && wish <= mostCount)) return wish;
  throw invalid(name, wish, `a whole number from 1 to ${mostCount}`);
}

function checkedPart(name: string, value: number, most: number): void {
  if (!(value > 0 && value <= most)) throw invalid(name, value, `a number above 0, at most ${most}`);
}

function checkedOneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (!allowed.includes(value)) throw invalid(name, value, allowed.map((one) => JSON.stringify(one)).join(' or '));
}

function invalid(name: string, value: unknown, what: string): EngineError {
  return new EngineError('OPTION_INVALID', `\`${name}\` is ${String(value)}; it must be ${what}.`);
}
