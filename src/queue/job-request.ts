import { EngineError } from '../errors.js';
import { languageCode } from '../model/language.js';
import type { Priority } from '../scheduler/work.js';
import { type DecodingOptions, decodingOf } from '../session/decoding-options.js';
import { oneOf } from '../session/one-of.js';

/** How one job is done. */
export interface EnqueueOptions extends DecodingOptions {
  /** A code, an English name, or `auto`. @defaultValue 'auto' */
  readonly language?: string | undefined;
  /** All `critical` jobs go before all `normal` ones, and those before all `background` ones. @defaultValue 'normal' */
  readonly priority?: Priority | undefined;
  /**
   * Says which audio it is, when the caller knows better: a hash of the content, a number of a recording. Two jobs with
   * the same identity, model and options are one. @defaultValue what the file or the server says of itself
   */
  readonly identity?: string | undefined;
  /** How often it is tried, with growing pauses. @defaultValue the queue's */
  readonly attempts?: number | undefined;
}

/** What a worker is to do: plain data, small, and no audio. */
export interface JobRequest {
  readonly uri: string;
  readonly identity: string;
  /** Of the call that enqueued it: another one with the same id sees that it came second. */
  readonly ticket: string;
  readonly decoding: {
    readonly language: string;
    readonly task: 'transcribe' | 'translate';
    readonly prompt: string;
    readonly words: boolean;
    readonly beamSize: number;
  };
}

/**
 * The options of a decode with nothing left open.
 * @throws EngineError `OPTION_INVALID`, `LANGUAGE_UNKNOWN`
 */
export function checkedDecoding(options: EnqueueOptions): JobRequest['decoding'] {
  const { translate, ...decoding } = decodingOf(options);
  const language = languageCode(options.language ?? 'auto');
  return { ...decoding, language, task: translate ? 'translate' : 'transcribe' };
}

/**
 * BullMQ's number for it: 0 goes first.
 * @throws EngineError `OPTION_INVALID`
 */
export function priorityNumber(option: Priority | undefined): number {
  const priority = oneOf('priority', ['normal', 'critical', 'background'], option);
  return priorities.indexOf(priority);
}

/** First to last. */
export const priorities: readonly Priority[] = ['critical', 'normal', 'background'];

/** @throws EngineError `OPTION_INVALID` */
export function checkedAttempts(option: number): number {
  if (Number.isInteger(option) && option >= 1) return option;
  throw new EngineError('OPTION_INVALID', `\`attempts\` is ${option}; it must be a whole number from 1.`);
}
