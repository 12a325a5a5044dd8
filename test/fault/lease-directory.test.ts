import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Lease, LeaseDirectory } from '../../dist/queue/lease-directory.js';
import { createLeaseDirectory, type LeaseDirectoryOptions } from '../../dist/queue/redis-lease-directory.js';
import { Chance } from '../chance.js';
import { ManualClock } from '../manual-clock.js';
import { canMakeNetworks, NetworkNamespace } from '../network-namespace.js';
import { hasRedis, type RedisServer, startRedis } from '../redis-server.js';

const needsRedis = hasRedis ? '' : ' (skipped: there is no redis-server)';
const needsNetworks = hasRedis && canMakeNetworks ? '' : ' (skipped: no redis-server, or no right to make networks)';
const one = 'ws://one.example/v1/live';
const other = 'ws://other.example/v1/live';

let opened: AsyncDisposable[] = [];
const keep = <Kind extends AsyncDisposable>(kept: Kind): Kind => {
  opened.push(kept);
  return kept;
};
const disposeLater = (dispose: () => void) => {
  opened.push({
    [Symbol.asyncDispose]() {
      dispose();
      return Promise.resolve();
    },
  });
};
beforeEach(() => {
  opened = [];
});
afterEach(async () => {
  for (const kept of opened.reverse()) await kept[Symbol.asyncDispose]();
});

async function directory(redis: RedisServer | string, url: string, given: Partial<LeaseDirectoryOptions> = {}) {
  return keep(await createLeaseDirectory({ redis: typeof redis === 'string' ? redis : redis.url, url, ...given }));
}

/** Redis as somebody else sees it. */
function onlooker(redis: RedisServer): Redis {
  const client = new Redis(redis.url, { maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  disposeLater(() => client.disconnect());
  return client;
}

/** Again and again, until it is so. */
async function until<Value>(
  ask: () => Promise<Value>,
  isSo: (value: Value) => boolean = (value) => value !== undefined,
): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (isSo(value)) return value;
    await turn();
  }
}

/** Undefined while it cannot be had. */
const tryTake = (from: LeaseDirectory, session = 'call') => from.take(session).catch(() => undefined);
const tryFind = (from: LeaseDirectory) => from.find('call').catch(() => undefined);
const taken = (from: LeaseDirectory) => until(() => tryTake(from)) as Promise<Lease>;

describe.skipIf(!hasRedis)(`A lease directory on Redis${needsRedis}`, () => {
  test('gives a session to one of those who want it, and tells the others where it is', async () => {
    const redis = keep(await startRedis());
    const directories = [await directory(redis, one), await directory(redis, other)] as const;
    expect(await directories[0].find('call')).toBeUndefined();
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => directories[index % 2 === 0 ? 0 : 1].take('call')),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const holder = [one, other][tries.findIndex(({ status }) => status === 'fulfilled') % 2];
    for (const attempt of tries) {
      if (attempt.status === 'fulfilled') continue;
      expect(attempt.reason).toMatchObject({ code: 'SESSION_LIMIT', message: expect.stringContaining(String(holder)) });
    }
    for (const asked of directories) expect(await asked.find('call')).toBe(holder);
  });

  test('gives it to the next one when it is given back, with a larger fence', async () => {
    const redis = keep(await startRedis());
    const [mine, theirs] = [await directory(redis, one), await directory(redis, other)];
    const first = await mine.take('call');
    await first.release();
    expect(await mine.find('call')).toBeUndefined();
    const second = await theirs.take('call');
    expect(second.fence).toBeGreaterThan(first.fence);
    // Once more does nothing to whoever has it now.
    await first.release();
    expect(await mine.find('call')).toBe(other);
    expect(first.lost.aborted).toBe(false);
  });

  test('gives back what it holds when it is closed, and says so', async () => {
    const redis = keep(await startRedis());
    const [mine, theirs] = [await directory(redis, one), await directory(redis, other)];
    const lease = await mine.take('call');
    await mine[Symbol.asyncDispose]();
    expect(lease.lost.aborted).toBe(true);
    await expect(theirs.take('call')).resolves.toBeDefined();
  });

  test('renews all leases a third of their time after the first was taken', async () => {
    const redis = keep(await startRedis());
    const clock = new ManualClock();
    const client = onlooker(redis);
    const mine = await directory(redis, one, { clock });
    const leases = await Promise.all(Array.from({ length: 450 }, (_, index) => mine.take(`call-${index}`)));
    const keys = leases.map((_, index) => `whisperpool:lease:call-${index}`);
    for (const key of keys) await client.pexpire(key, 1_000_000);
    clock.advance(5);
    await until(
      () => Promise.all(keys.map((key) => client.pttl(key))),
      (left) => left.every((milliseconds) => milliseconds > 0 && milliseconds <= 15_000),
    );
    await turn();
    clock.advance(13);
    expect(leases.filter(({ lost }) => lost.aborted)).toEqual([]);
  });

  test('lets go of a session that somebody else has by now', async () => {
    const redis = keep(await startRedis());
    const clock = new ManualClock();
    const asleep = await directory(redis, one, { clock, ttlSeconds: 0.3 });
    const awake = await directory(redis, other, { ttlSeconds: 5 });
    const first = await asleep.take('call');
    const second = await taken(awake);
    expect(second.fence).toBeGreaterThan(first.fence);
    const lost = once(first.lost, 'abort');
    clock.advance(0.1);
    await lost;
    expect(String(first.lost.reason)).toContain('another server has it');
    expect(await asleep.find('call')).toBe(other);
  });

  test('holds nothing longer than its own clock allows while Redis stands still, and goes on afterwards', async () => {
    const redis = keep(await startRedis());
    const clock = new ManualClock();
    const mine = await directory(redis, one, { clock });
    const lease = await mine.take('call');
    redis.pause();
    clock.advance(13.4);
    expect(lease.lost.aborted).toBe(false);
    clock.advance(0.2);
    expect(lease.lost.aborted).toBe(true);
    expect(String(lease.lost.reason)).toContain('not renewed in time');
    redis.resume();
    const next = await taken(mine);
    expect(next.fence).toBeGreaterThan(lease.fence);
  });

  test('gives a lease back that was over while Redis could not be told', async () => {
    const redis = keep(await startRedis());
    const clock = new ManualClock();
    const mine = await directory(redis, one, { clock, ttlSeconds: 2 });
    const lease = await mine.take('call');
    redis.pause();
    const complaint = () => mine.find('call').catch(String);
    await until(complaint, (found) => found?.includes('no connection') ?? false);
    clock.advance(2);
    expect(lease.lost.aborted).toBe(true);
    redis.resume();
    // From now on it does not run out by itself.
    await onlooker(redis).persist('whisperpool:lease:call');
    await taken(mine);
  });

  test('says that Redis cannot be reached: at the start, and later', async () => {
    const redis = keep(await startRedis());
    const mine = await directory(redis, one, { ttlSeconds: 0.5 });
    await redis.kill();
    await expect(mine.take('call')).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    await expect(mine.find('call')).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    await expect(createLeaseDirectory({ redis: redis.url, url: one })).rejects.toMatchObject({
      code: 'QUEUE_UNAVAILABLE',
    });
    await redis.start();
    await taken(mine);
    redis.pause();
    await expect(mine.find('call')).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    await expect(createLeaseDirectory({ redis: redis.url, url: one, ttlSeconds: 0.5 })).rejects.toMatchObject({
      code: 'QUEUE_UNAVAILABLE',
    });
  });

  test('refuses a time that is none', async () => {
    for (const ttlSeconds of [0, -1, Number.NaN, 1e9]) {
      const made = createLeaseDirectory({ redis: 'redis://127.0.0.1:1', url: one, ttlSeconds });
      await expect(made).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    }
  });

  test('keeps its leases when Redis is killed and comes back with its memory', async () => {
    const redis = keep(await startRedis({ persistence: 'aof' }));
    const [mine, theirs] = [await directory(redis, one), await directory(redis, other)];
    const lease = await mine.take('call');
    await redis.restart('kill');
    await until(() => tryFind(theirs));
    await expect(theirs.take('call')).rejects.toMatchObject({ code: 'SESSION_LIMIT' });
    expect(lease.lost.aborted).toBe(false);
  });

  test('gets its leases back when Redis comes back without its memory, and fences go on growing', async () => {
    const redis = keep(await startRedis());
    // Stands still: no renewal comes by itself.
    const mine = await directory(redis, one, { clock: new ManualClock() });
    const lease = await mine.take('call');
    await redis.restart('kill');
    const late = await directory(redis, other);
    expect(await until(() => tryFind(late))).toBe(one);
    expect(lease.lost.aborted).toBe(false);
    expect((await late.take('another call')).fence).toBeGreaterThan(lease.fence);
    await lease.release();
    await expect(late.take('call')).resolves.toBeDefined();
  });

  test('loses a lease that Redis forgot and gave to somebody else', async () => {
    const redis = keep(await startRedis());
    const clock = new ManualClock();
    const mine = await directory(redis, one, { clock });
    const theirs = await directory(redis, other);
    const lease = await mine.take('call');
    await onlooker(redis).flushall();
    const newer = await theirs.take('call');
    expect(newer.fence).toBeGreaterThan(lease.fence);
    const lost = once(lease.lost, 'abort');
    clock.advance(5);
    await lost;
    expect(await mine.find('call')).toBe(other);
    expect(newer.lost.aborted).toBe(false);
  });

  test('gives fences that grow although the clock of Redis went back', async () => {
    const redis = keep(await startRedis());
    const mine = await directory(redis, one);
    await onlooker(redis).set('whisperpool:fence', '9000000000000000');
    const fences = [];
    for (const session of ['a', 'b']) fences.push((await mine.take(session)).fence);
    expect(fences).toEqual([9_000_000_000_000_001, 9_000_000_000_000_002]);
  });

  test('never lets two hold a session at a time, while Redis stands still now and then', async () => {
    const redis = keep(await startRedis());
    const chance = new Chance(9);
    const holders = new Map<string, LeaseDirectory>();
    const tally = { taken: 0, lost: 0, released: 0, refused: 0 };
    const ttlSeconds = 0.4;
    let isOver = false;
    const serve = async (server: LeaseDirectory, session: string) => {
      while (!isOver) {
        const lease = await tryTake(server, session);
        if (!lease) {
          tally.refused += 1;
          await new Promise((resolve) => setTimeout(resolve, 5));
          continue;
        }
        // What a process that stood still has yet to look at on its own clock, it looks at first.
        await turn();
        expect(holders.get(session)).toBeUndefined();
        tally.taken += 1;
        holders.set(session, server);
        const kept = chance.below(900);
        await Promise.race([once(lease.lost, 'abort'), new Promise((resolve) => setTimeout(resolve, kept))]);
        holders.delete(session);
        tally[lease.lost.aborted ? 'lost' : 'released'] += 1;
        await lease.release();
      }
    };
    const servers = await Promise.all([one, other, one].map((url) => directory(redis, url, { ttlSeconds })));
    const serving = servers.flatMap((server) => ['a', 'b', 'c', 'd'].map((session) => serve(server, session)));
    const standing = async () => {
      for (const pauseMilliseconds of [100, 600, 300, 800, 200]) {
        await new Promise((resolve) => setTimeout(resolve, 200 + chance.below(200)));
        redis.pause();
        await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
        redis.resume();
      }
      isOver = true;
    };
    await Promise.all([standing(), ...serving]);
    expect(Object.values(tally)).not.toContain(0);
    console.log(tally);
  });
});

describe.skipIf(needsNetworks !== '')(`Behind a network that is cut, a server${needsNetworks}`, () => {
  // As 15 s are to 10 s and to 90 s.
  async function twoHosts(ttlSeconds: number) {
    const network = new NetworkNamespace();
    disposeLater(() => network[Symbol.dispose]());
    const redis = keep(await startRedis({ bind: '0.0.0.0', port: 6379, through: network.through }));
    const urls = network.links.map(({ address }) => `redis://${address}:${redis.port}`);
    const [mine, theirs] = [
      await directory(urls[0] ?? '', one, { ttlSeconds }),
      await directory(urls[1] ?? '', other, { ttlSeconds }),
    ];
    return { network, mine, theirs };
  }

  test('has its session again, or has lost it and knows, after two thirds of its time', async () => {
    const ttlSeconds = 1.5;
    const { network, mine, theirs } = await twoHosts(ttlSeconds);
    const lease = await mine.take('call');
    network.links[0].cut();
    await expect(mine.find('call')).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    await new Promise((resolve) => setTimeout(resolve, 1000 * (2 / 3 - 1 / 8) * ttlSeconds));
    network.links[0].mend();
    await until(() =>
      mine.find('a call').then(
        () => true,
        () => undefined,
      ),
    );
    if (lease.lost.aborted) await taken(mine);
    expect(await theirs.find('call')).toBe(one);
  });

  test('has lost its session before another one takes it, and is told where it is, after six times its time', async () => {
    const ttlSeconds = 0.8;
    const { network, mine, theirs } = await twoHosts(ttlSeconds);
    const lease = await mine.take('call');
    const free = await mine.take('a call that ends meanwhile');
    network.links[0].cut();
    await free.release();
    const newer = await taken(theirs);
    expect(lease.lost.aborted).toBe(true);
    expect(newer.fence).toBeGreaterThan(lease.fence);
    await new Promise((resolve) => setTimeout(resolve, 5 * 1000 * ttlSeconds));
    await expect(mine.take('another call')).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    network.links[0].mend();
    expect(await until(() => tryFind(mine))).toBe(other);
    expect(newer.lost.aborted).toBe(false);
  });
});
