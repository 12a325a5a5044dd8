import type { Redis } from 'ioredis';

/** What is asked of Redis, each in one step that nothing comes between. A held lease has the value `TOKEN FENCE ADDRESS`. */
export interface LeaseCommands {
  /** @returns the new lease, or the address of who holds it already */
  take(key: string, token: string, address: string, ttlMilliseconds: number): Promise<TakenLease>;
  /** Many at once. @returns how each stands, in their order */
  renew(leases: readonly HeldLease[], ttlMilliseconds: number): Promise<readonly LeaseStanding[]>;
  /** Puts one back that Redis has forgotten. @returns whether nobody else was there first */
  restore(lease: HeldLease, ttlMilliseconds: number): Promise<boolean>;
  /** @param lease - with its value, or with its token where no more is known of it */
  release(lease: HeldLease): Promise<void>;
  find(key: string): Promise<string | undefined>;
}

export interface HeldLease {
  readonly key: string;
  readonly value: string;
}

export type TakenLease =
  | { readonly kind: 'taken'; readonly fence: number; readonly value: string }
  | { readonly kind: 'held'; readonly address: string };

export type LeaseStanding = 'renewed' | 'forgotten' | 'taken-over';

const standings = ['renewed', 'forgotten', 'taken-over'] as const;

/** Redis serves nobody else while a script runs: this many leases take it well under a millisecond. */
const mostAtOnce = 200;

/**
 * A fence is the last one and one more, or the time in microseconds where that is more: a Redis that has forgotten the
 * last one still gives larger ones.
 */
const take = `
local held = redis.call('GET', KEYS[1])
if held then return {0, held} end
local time = redis.call('TIME')
local fence = math.max(time[1] * 1000000 + time[2], tonumber(redis.call('GET', KEYS[2]) or 0) + 1)
local digits = string.format('%.0f', fence)
local value = ARGV[1] .. ' ' .. digits .. ' ' .. ARGV[2]
redis.call('SET', KEYS[2], digits)
redis.call('SET', KEYS[1], value, 'NX', 'PX', ARGV[3])
return {1, value}`;

/** Numbers are places in `standings`. */
const renew = `
local standings = {}
for place, key in ipairs(KEYS) do
  local held = redis.call('GET', key)
  if not held then standings[place] = 1
  elseif held ~= ARGV[place + 1] then standings[place] = 2
  else
    redis.call('PEXPIRE', key, ARGV[1])
    standings[place] = 0
  end
end
return standings`;

const release = `
local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 1, #ARGV[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

/** @param fenceKey - of the last fence given */
export function leaseCommands(redis: Redis, fenceKey: string): LeaseCommands {
  redis.defineCommand('takeLease', { lua: take, numberOfKeys: 2 });
  redis.defineCommand('renewLeases', { lua: renew });
  redis.defineCommand('releaseLease', { lua: release, numberOfKeys: 1 });
  const scripted = redis as unknown as LeaseScripts;
  return {
    async take(key, token, address, ttlMilliseconds) {
      const [isTaken, value] = await scripted.takeLease(key, fenceKey, token, address, ttlMilliseconds);
      const { fence, address: holder } = readValue(value);
      return isTaken === 1 ? { kind: 'taken', fence, value } : { kind: 'held', address: holder };
    },
    async renew(leases, ttlMilliseconds) {
      const answers = await Promise.all(
        batches(leases).map((batch) =>
          scripted.renewLeases(batch.length, ...keys(batch), ttlMilliseconds, ...values(batch)),
        ),
      );
      return answers.flat().map((place) => standings[place] ?? 'taken-over');
    },
    async restore({ key, value }, ttlMilliseconds) {
      return (await redis.set(key, value, 'PX', ttlMilliseconds, 'NX')) === 'OK';
    },
    async release({ key, value }) {
      await scripted.releaseLease(key, value);
    },
    async find(key) {
      const value = await redis.get(key);
      return value === null ? undefined : readValue(value).address;
    },
  };
}

interface LeaseScripts {
  takeLease(
    key: string,
    fenceKey: string,
    token: string,
    address: string,
    ttlMilliseconds: number,
  ): Promise<[0 | 1, string]>;
  renewLeases(count: number, ...words: readonly (string | number)[]): Promise<readonly number[]>;
  releaseLease(key: string, value: string): Promise<unknown>;
}

function readValue(value: string): { readonly fence: number; readonly address: string } {
  const [, fence, ...address] = value.split(' ');
  return { fence: Number(fence), address: address.join(' ') };
}

function batches(leases: readonly HeldLease[]): readonly (readonly HeldLease[])[] {
  return Array.from({ length: Math.ceil(leases.length / mostAtOnce) }, (_, batch) =>
    leases.slice(batch * mostAtOnce, (batch + 1) * mostAtOnce),
  );
}

const keys = (leases: readonly HeldLease[]) => leases.map(({ key }) => key);
const values = (leases: readonly HeldLease[]) => leases.map(({ value }) => value);
