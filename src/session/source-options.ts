import { checkedFormat, type LiveFormat } from '../audio/live-format.js';
import { EngineError } from '../errors.js';
import { type ShedPolicy, shedPolicies } from '../scheduler/shed-policy.js';
import type { Priority } from '../scheduler/work.js';
import { oneOf } from './one-of.js';

/** How one source of a session is heard. */
export interface SourceOptions {
  readonly format: LiveFormat;
  /** Under load `background` waits first and `critical` last. @defaultValue 'normal' */
  readonly priority?: Priority | undefined;
  /** Its share of the slots among sources of the same priority. @defaultValue 1 */
  readonly weight?: number | undefined;
  readonly vad?: VadOptions | undefined;
  /** How much may wait for a slot, and be unheard, before the queue is full. */
  readonly queue?: Partial<QueueLimits> | undefined;
  /**
   * What happens when the queue is full: `refuse` lets writes wait, so that nothing accepted is lost; the others make
   * room for them. A name or an object of your own. @defaultValue 'refuse'
   */
  readonly shed?: keyof typeof shedPolicies | ShedPolicy | undefined;
}

/** When an utterance begins and ends. */
export interface VadOptions {
  /** Silence that ends an utterance. @defaultValue 0.6 */
  readonly hangoverSeconds?: number | undefined;
  /** Audio before the beginning of speech that is decoded with it. @defaultValue 0.35 */
  readonly preRollSeconds?: number | undefined;
  /**
   * When no audio comes for so long in mid-utterance, that is its end: who held a button to speak has let go of it. More
   * than the time between two writes. @defaultValue 5
   */
  readonly stallSeconds?: number | undefined;
}

export interface QueueLimits {
  /** Utterances that wait. @defaultValue 100; 50 for `background` */
  readonly chunks: number;
  /** Seconds of audio accepted and not yet decoded. @defaultValue 120; 60 for `background` */
  readonly seconds: number;
}

export interface WriteOptions {
  /** How long to wait for room in a full queue. @defaultValue Infinity */
  readonly waitSeconds?: number | undefined;
}

export interface ResolvedSourceOptions {
  readonly format: LiveFormat;
  readonly priority: Priority;
  readonly weight: number;
  readonly vad: { readonly hangoverSeconds: number; readonly preRollSeconds: number; readonly stallSeconds: number };
  readonly queue: QueueLimits;
  readonly shed: ShedPolicy;
}

/** @throws EngineError `OPTION_INVALID`, `AUDIO_INVALID` */
export function sourceOptions(options: SourceOptions): ResolvedSourceOptions {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new EngineError('OPTION_INVALID', 'A source needs options; give at least its `format`.');
  }
  const { weight = 1, vad = {}, queue = {} } = options;
  const priority = oneOf('priority', ['normal', 'critical', 'background'], options.priority);
  const usual = priority === 'background' ? { chunks: 50, seconds: 60 } : { chunks: 100, seconds: 120 };
  const hangoverSeconds = within('vad.hangoverSeconds', vad.hangoverSeconds ?? 0.6, 0.25, 5);
  return {
    format: checkedFormat(options.format),
    priority,
    weight: within('weight', weight, 0.01, 100),
    vad: {
      hangoverSeconds,
      preRollSeconds: within('vad.preRollSeconds', vad.preRollSeconds ?? 0.35, 0, 1),
      stallSeconds: within('vad.stallSeconds', vad.stallSeconds ?? 5, 0.5, 3600),
    },
    queue: {
      chunks: within('queue.chunks', queue.chunks ?? usual.chunks, 1, 100_000),
      // An utterance of full length and the silence that ends it must find room: nothing but more audio would end it.
      seconds: within('queue.seconds', queue.seconds ?? usual.seconds, Math.ceil(19 + hangoverSeconds), 86_400),
    },
    shed: shedPolicy(options.shed),
  };
}

function shedPolicy(option: SourceOptions['shed']): ShedPolicy {
  if (typeof option === 'object') {
    if (typeof (option as Partial<ShedPolicy> | null)?.choose === 'function') return option;
    throw new EngineError('OPTION_INVALID', '`shed` must be a name or an object with a `choose` function.');
  }
  const names = ['refuse', 'dropOldestPartial', 'dropOldest', 'spool'] as const;
  return shedPolicies[oneOf('shed', names, option)];
}

function within(name: string, value: number, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new EngineError(
    'OPTION_INVALID',
    `\`${name}\` is ${String(value)}; it must be a number from ${least} to ${most}.`,
  );
}
