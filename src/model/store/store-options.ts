import { resolve } from 'node:path';
import { type Clock, systemClock } from '../../clock.js';
import { EngineError } from '../../errors.js';
import { cachedModelsFolder } from '../search-path.js';

/** Where a store keeps models, where it gets them, and how patient it is. */
export interface StoreOptions {
  /** Where downloads go. Made when it is needed. @defaultValue `models` in `WHISPERPOOL_CACHE` or the user's cache folder */
  readonly folder?: string | undefined;
  /**
   * Address of the folder that holds the ggml files, by http or https; a name and password in it are sent to that very
   * host only. @defaultValue `WHISPERPOOL_HUB`, or the public hub
   */
  readonly hub?: string | undefined;
  /** Tries in a row that bring nothing before a download fails. @defaultValue 5 */
  readonly attempts?: number | undefined;
  /** The longest wait before the second try; it doubles with each further one. @defaultValue 0.5 */
  readonly firstRetrySeconds?: number | undefined;
  /** The longest wait before any try, also when the hub asks for more. @defaultValue 60 */
  readonly longestRetrySeconds?: number | undefined;
  /** @defaultValue 10 */
  readonly connectTimeoutSeconds?: number | undefined;
  /** From the question to the first line of the answer. @defaultValue 30 */
  readonly answerTimeoutSeconds?: number | undefined;
  /** Without a byte, after which the next try begins. @defaultValue 30 */
  readonly stallTimeoutSeconds?: number | undefined;
  /** Less than this on average over `slowSeconds` is as good as a stall. @defaultValue 1024 */
  readonly slowBytesPerSecond?: number | undefined;
  /** @defaultValue 60 */
  readonly slowSeconds?: number | undefined;
  /** @internal */
  readonly clock?: Clock | undefined;
}

export type ResolvedStoreOptions = Pick<StoreOptions, 'hub'> &
  Required<{ [Name in Exclude<keyof StoreOptions, 'hub'>]: Exclude<StoreOptions[Name], undefined> }>;

/** @throws EngineError `OPTION_INVALID` */
export function storeOptions(options: StoreOptions): ResolvedStoreOptions {
  const { folder = cachedModelsFolder(), hub, attempts = 5, clock = systemClock } = options;
  if (!Number.isSafeInteger(attempts) || attempts < 1) {
    throw new EngineError('OPTION_INVALID', `\`attempts\` is ${String(attempts)}; it must be a whole number from 1.`);
  }
  return {
    folder: resolve(folder),
    hub,
    attempts,
    clock,
    firstRetrySeconds: positive('firstRetrySeconds', options.firstRetrySeconds ?? 0.5),
    longestRetrySeconds: positive('longestRetrySeconds', options.longestRetrySeconds ?? 60),
    connectTimeoutSeconds: positive('connectTimeoutSeconds', options.connectTimeoutSeconds ?? 10),
    answerTimeoutSeconds: positive('answerTimeoutSeconds', options.answerTimeoutSeconds ?? 30),
    stallTimeoutSeconds: positive('stallTimeoutSeconds', options.stallTimeoutSeconds ?? 30),
    slowBytesPerSecond: positive('slowBytesPerSecond', options.slowBytesPerSecond ?? 1024),
    slowSeconds: positive('slowSeconds', options.slowSeconds ?? 60),
  };
}

function positive(name: keyof StoreOptions, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new EngineError('OPTION_INVALID', `\`${name}\` is ${String(value)}; it must be a number above 0.`);
}
