import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { type Clock, systemClock } from '../clock.js';
import { describe, EngineError } from '../errors.js';
import { type HeldLease, type LeaseCommands, type LeaseStanding, leaseCommands } from './lease-commands.js';
import type { Lease, LeaseDirectory } from './lease-directory.js';
import { RedisLease } from './redis-lease.js';

export interface LeaseDirectoryOptions {
  /** `redis://` or `rediss://` address, with user and password where there are any. */
  readonly redis: string;
  /** Address of this server's `/v1/live` as clients reach it: what the others answer with. */
  readonly url: string;
  /** A server that is gone holds its sessions this long. Leases are renewed three times in it. @defaultValue 15 */
  readonly ttlSeconds?: number | undefined;
  /** Of all keys. @defaultValue 'whisperpool:' */
  readonly prefix?: string | undefined;
  /** @internal */
  readonly clock?: Clock | undefined;
}

/** However short leases are: a busy machine needs so long to hear of an answer. */
const shortestAnswerMilliseconds = 250;

/**
 * A lease directory on Redis. Two servers never hold a session at once, as long as Redis forgets nothing: one that is
 * restarted without its memory gets each lease back from its holder as soon as that reaches it again.
 * @throws EngineError `QUEUE_UNAVAILABLE`, `OPTION_INVALID`
 */
export async function createLeaseDirectory(options: LeaseDirectoryOptions): Promise<LeaseDirectory> {
  const { ttlSeconds = 15 } = options;
  if (!(ttlSeconds >= 0.1 && ttlSeconds <= 3600)) {
    throw new EngineError('OPTION_INVALID', `\`ttlSeconds\` is ${ttlSeconds}. Give seconds, 0.1 … 3,600.`);
  }
  const answerMilliseconds = Math.max(shortestAnswerMilliseconds, Math.ceil((1000 * ttlSeconds) / 8));
  const redis = new Redis(options.redis, {
    lazyConnect: true,
    // A command is sent once, now or not at all: a lease that is taken when nobody waits for it any more is in the way.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    commandTimeout: answerMilliseconds,
    connectTimeout: answerMilliseconds,
    // Behind a network that is cut, a connection stays open for many minutes.
    socketTimeout: answerMilliseconds,
    disconnectTimeout: answerMilliseconds,
    retryStrategy: (times) => Math.min(25 * 2 ** times, answerMilliseconds / 2) * (0.8 + 0.4 * Math.random()),
  });
  // Whoever asks for something hears of it.
  redis.on('error', () => undefined);
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    throw unavailable(error);
  }
  return new RedisLeaseDirectory(redis, ttlSeconds, answerMilliseconds, options);
}

class RedisLeaseDirectory implements LeaseDirectory {
  readonly #redis: Redis;
  readonly #commands: LeaseCommands;
  readonly #url: string;
  readonly #leaseKey: (session: string) => string;
  readonly #clock: Clock;
  readonly #ttlSeconds: number;
  readonly #answerMilliseconds: number;
  readonly #held = new Map<string, RedisLease>();
  /** Over, and not yet given back. */
  readonly #owed: HeldLease[] = [];
  #cancelRenewal: (() => void) | undefined;

  constructor(redis: Redis, ttlSeconds: number, answerMilliseconds: number, options: LeaseDirectoryOptions) {
    const { prefix = 'whisperpool:', clock = systemClock, url } = options;
    this.#redis = redis;
    this.#commands = leaseCommands(redis, `${prefix}fence`);
    this.#leaseKey = (session) => `${prefix}lease:${session}`;
    this.#url = url;
    this.#clock = clock;
    this.#ttlSeconds = ttlSeconds;
    this.#answerMilliseconds = answerMilliseconds;
    redis.on('ready', () => this.#catchUp());
  }

  async take(session: string): Promise<Lease> {
    const key = this.#leaseKey(session);
    await this.#ready();
    const askedSeconds = this.#clock.nowSeconds();
    const token = randomUUID();
    const taken = await this.#commands.take(key, token, this.#url, this.#ttlMilliseconds).catch((error: unknown) => {
      // It may have been taken, for nobody.
      void this.#giveBack({ key, value: token });
      throw unavailable(error);
    });
    if (taken.kind === 'held') {
      throw new EngineError('SESSION_LIMIT', `The session is held by ${taken.address}. Go on with it there.`);
    }
    // A tenth less than Redis keeps it: clocks differ, and a busy process looks at its own late.
    const trust = { clock: this.#clock, trustSeconds: 0.9 * this.#ttlSeconds };
    const lease: RedisLease = new RedisLease({ key, ...taken }, askedSeconds, trust, () => {
      this.#held.delete(key);
      return this.#giveBack(lease);
    });
    this.#held.set(key, lease);
    this.#renewLater();
    return lease;
  }

  async find(session: string): Promise<string | undefined> {
    await this.#ready();
    return await this.#commands.find(this.#leaseKey(session)).catch((error: unknown) => {
      throw unavailable(error);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelRenewal?.();
    for (const lease of this.#held.values()) lease.lose('this server has closed its lease directory');
    await this.#redis.quit().catch(() => undefined);
    this.#redis.disconnect();
  }

  get #ttlMilliseconds(): number {
    return Math.ceil(1000 * this.#ttlSeconds);
  }

  /** A connection that is just being made again is waited for. */
  async #ready(): Promise<void> {
    const redis = this.#redis;
    if (redis.status === 'ready') return;
    await new Promise<void>((resolve, reject) => {
      const giveUp = () => {
        redis.off('ready', onReady);
        reject(unavailable('there is no connection to it'));
      };
      const onReady = () => {
        cancel();
        resolve();
      };
      const cancel = systemClock.after(this.#answerMilliseconds / 1000, giveUp);
      redis.once('ready', onReady);
    });
  }

  #renewLater(): void {
    this.#cancelRenewal ??= this.#clock.after(this.#ttlSeconds / 3, () => {
      this.#cancelRenewal = undefined;
      if (this.#held.size === 0) return;
      this.#renewLater();
      void this.#renew();
    });
  }

  /** After a connection was lost: Redis may have forgotten leases, and still keep others that are over. */
  #catchUp(): void {
    for (const lease of this.#owed.splice(0)) void this.#giveBack(lease);
    void this.#renew();
  }

  async #renew(): Promise<void> {
    const leases = [...this.#held.values()];
    if (leases.length === 0) return;
    const askedSeconds = this.#clock.nowSeconds();
    // What fails is tried again: until the leases run out, nothing is lost.
    const standings = await this.#commands.renew(leases, this.#ttlMilliseconds).catch(() => []);
    await Promise.all(standings.map((standing, place) => this.#settle(leases[place], standing, askedSeconds)));
  }

  async #settle(lease: RedisLease | undefined, standing: LeaseStanding, askedSeconds: number): Promise<void> {
    if (!lease || this.#held.get(lease.key) !== lease) return;
    switch (standing) {
      case 'renewed':
        lease.renewed(askedSeconds);
        return;
      case 'taken-over':
        lease.lose('another server has it');
        return;
      case 'forgotten':
        // By our own clock it has not run out, so that it was Redis that lost it.
        await this.#restore(lease);
        return;
      default:
        standing satisfies never;
    }
  }

  async #restore(lease: RedisLease): Promise<void> {
    const askedSeconds = this.#clock.nowSeconds();
    const isBack = await this.#commands.restore(lease, this.#ttlMilliseconds).catch(() => undefined);
    if (isBack === true) lease.renewed(askedSeconds);
    if (isBack === false) lease.lose('another server has it');
  }

  async #giveBack(lease: HeldLease): Promise<void> {
    await this.#commands.release(lease).catch(() => this.#owed.push(lease));
  }
}

function unavailable(cause: unknown): EngineError {
  const message = `The lease directory cannot be asked: ${describe(cause)}. See that its Redis runs and can be reached.`;
  return new EngineError('QUEUE_UNAVAILABLE', message, { cause });
}
