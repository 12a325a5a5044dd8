import { tmpdir } from 'node:os';
import { type EngineOptions, initialModel } from '../engine/options.js';
import { EngineError } from '../errors.js';
import { checkedLogger, type Logger } from '../telemetry/log.js';
import { checkedAttempts } from './job-request.js';
import type { UriPatience, UriRules } from './uri/uri-rules.js';

/** Which queue: what its clients and its workers have to agree on. */
export interface QueuePlace {
  /** `redis://` or `rediss://` address, with user and password where there are any. */
  readonly redis?: string | undefined;
  /** `postgres://` address, instead of `redis`. */
  readonly postgres?: string | undefined;
  /** @defaultValue 'whisperpool' */
  readonly name?: string | undefined;
  /** Seconds for the database to answer before it counts as gone. @defaultValue 5 */
  readonly answerSeconds?: number | undefined;
  /** @defaultValue none */
  readonly logger?: Logger | undefined;
}

export interface QueueOptions extends QueuePlace {
  /** Private addresses whose hosts may be asked which audio they have; see `fetch` of a worker. @defaultValue false */
  readonly allowPrivate?: UriRules['allowPrivate'];
  /** Workers of this model take the jobs. @defaultValue `WHISPERPOOL_MODEL`, then `WHISPER_MODEL_SIZE`, then 'base' */
  readonly model?: string | undefined;
  /** How often a job is tried. @defaultValue 5 */
  readonly attempts?: number | undefined;
  /** Seconds before the second try; they double with each, ±20 %. @defaultValue 2 */
  readonly backoffSeconds?: number | undefined;
  /** A result is kept at least so long, and a repeat is free. @defaultValue 86,400 (a day) */
  readonly keepSeconds?: number | undefined;
  /** A dead job is kept at least so long. @defaultValue 604,800 (a week) */
  readonly keepDeadSeconds?: number | undefined;
}

export interface FetchRules extends UriRules, UriPatience {
  /** @defaultValue the system's folder for temporary files */
  readonly folder?: string | undefined;
  /** Of one audio. @defaultValue 536,870,912 (512 MiB) */
  readonly limitBytes?: number | undefined;
}

export interface WorkerOptions extends QueuePlace {
  /** Of the engine that it makes and owns. `model` says whose jobs it takes, with the same default as a queue's. */
  readonly engine?: EngineOptions | undefined;
  /** Jobs at once. @defaultValue the engine's slots */
  readonly concurrency?: number | undefined;
  /** Also writes each result to FOLDER/ID.json, and takes what is there already for done. @defaultValue none */
  readonly results?: { readonly folder: string } | undefined;
  /** Which audio may be fetched, and where it waits. Files only of `allowedFolders`; private addresses only when named. */
  readonly fetch?: FetchRules | undefined;
  /** A worker that gives no sign so long has lost its jobs to others. @defaultValue 30 */
  readonly lockSeconds?: number | undefined;
  /** A job that has been lost so often with its worker is dead. @defaultValue 3 */
  readonly lossLimit?: number | undefined;
  /** How long the end waits for what runs; the rest is given back. @defaultValue 30 */
  readonly drainSeconds?: number | undefined;
}

/** Where a queue is, with nothing left open. */
export interface ResolvedPlace {
  readonly database: { readonly kind: 'redis' | 'postgres'; readonly url: string };
  /** BullMQ's name of it: one queue for each model. */
  readonly queueName: string;
  readonly answerSeconds: number;
  readonly logger: Logger;
}

/** @throws EngineError `OPTION_INVALID` */
export function resolvedPlace(place: QueuePlace, model: string): ResolvedPlace {
  const { redis, postgres, name = 'whisperpool' } = place;
  if ((redis === undefined) === (postgres === undefined)) {
    throw new EngineError('OPTION_INVALID', 'Give the address of the queue: either `redis` or `postgres`.');
  }
  if (!/^[\w.-]{1,64}$/.test(name)) {
    throw new EngineError('OPTION_INVALID', `\`name\` is ${name}; it must be 1 to 64 letters, digits, _, . and -.`);
  }
  return {
    database: redis === undefined ? checkedUrl('postgres', postgres) : checkedUrl('redis', redis),
    queueName: `${name}.${model.replaceAll(/[^\w.-]/g, '-')}`,
    answerSeconds: positive('answerSeconds', place.answerSeconds ?? 5),
    logger: checkedLogger(place.logger),
  };
}

const protocols = { redis: ['redis:', 'rediss:'], postgres: ['postgres:', 'postgresql:'] };

function checkedUrl(kind: 'redis' | 'postgres', url: string | undefined): ResolvedPlace['database'] {
  const parsed = URL.canParse(url ?? '') ? new URL(url ?? '') : undefined;
  if (url !== undefined && parsed && protocols[kind].includes(parsed.protocol)) return { kind, url };
  // Not the address itself: there may be a password in it.
  throw new EngineError('OPTION_INVALID', `\`${kind}\` must be an address that begins with ${kind}://.`);
}

/** The model of a queue: its clients and its workers come to the same one. */
function queueModel(option: string | undefined): string {
  return initialModel(option) ?? 'base';
}

/** A client's options with nothing left open. */
export type ResolvedQueue = ReturnType<typeof resolvedQueue>;

/** @throws EngineError `OPTION_INVALID` */
export function resolvedQueue(options: QueueOptions) {
  return {
    model: queueModel(options.model),
    allowPrivate: options.allowPrivate ?? false,
    attempts: checkedAttempts(options.attempts ?? 5),
    backoffSeconds: positive('backoffSeconds', options.backoffSeconds ?? 2),
    keepSeconds: positive('keepSeconds', options.keepSeconds ?? 86_400),
    keepDeadSeconds: positive('keepDeadSeconds', options.keepDeadSeconds ?? 604_800),
  };
}

/** A worker's options with nothing left open. */
export type ResolvedWorker = ReturnType<typeof resolvedWorker>;

/** @throws EngineError `OPTION_INVALID` */
export function resolvedWorker(options: WorkerOptions) {
  return {
    engine: { ...options.engine, model: queueModel(options.engine?.model) },
    concurrency: options.concurrency === undefined ? undefined : wholeNumber('concurrency', options.concurrency),
    resultFolder: options.results?.folder,
    fetch: {
      ...options.fetch,
      folder: options.fetch?.folder ?? tmpdir(),
      limitBytes: wholeNumber('limitBytes', options.fetch?.limitBytes ?? 536_870_912),
    },
    lockSeconds: positive('lockSeconds', options.lockSeconds ?? 30),
    lossLimit: wholeNumber('lossLimit', options.lossLimit ?? 3),
    drainSeconds: options.drainSeconds === 0 ? 0 : positive('drainSeconds', options.drainSeconds ?? 30),
  };
}

function positive(name: string, value: number): number {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw new EngineError('OPTION_INVALID', `\`${name}\` is ${String(value)}; it must be a number above zero.`);
}

function wholeNumber(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new EngineError('OPTION_INVALID', `\`${name}\` is ${String(value)}; it must be a whole number from 1.`);
}
