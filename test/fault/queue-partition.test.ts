import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { canMakeNetworks, NetworkNamespace } from '../network-namespace.js';
import { Fleet } from '../queue-fleet.js';
import { hasRedis, startRedis } from '../redis-server.js';

const needs = hasRedis && canMakeNetworks ? '' : ' (skipped: no redis-server, or no right to make networks)';
const lockSeconds = 1.5;

describe.skipIf(needs !== '')(`A worker that a network cuts off from its Redis in mid-job${needs}`, () => {
  // As 30 s are to 10 s and to 90 s.
  test.each([
    ['a third of its lock', 1 / 3],
    ['three times its lock', 3],
  ])('for %s: every job is done once, and it goes on when the network is back', async (_, locks) => {
    using network = new NetworkNamespace();
    const [near, far] = network.links;
    const redis = await startRedis({ bind: '0.0.0.0', through: network.through });
    await using fleet = await Fleet.on(redis);
    const urlBy = ({ address }: { readonly address: string }) => `redis://${address}:${redis.port}`;
    const queue = await fleet.queue({ redis: urlBy(near) });
    const cut = await fleet.process({ redis: urlBy(far), lockSeconds, conduct: 'lie' });
    const job = await queue.enqueue(await fleet.clip('a.wav'), { language: 'en' });
    await cut.told('begun');
    far.cut();
    const other = await fleet.worker({ redis: urlBy(near), lockSeconds });
    await sleep(1000 * locks * lockSeconds);
    const isDone = (await job.status()).state === 'done';
    expect(isDone).toBe(locks > 1);
    far.mend();
    cut.tell('go');
    const { text } = await job.result();
    // Whoever still had its lock when it was done says what the job's result is, and nobody later.
    expect(text === 'It was not said.').toBe(!isDone);
    await other.close();
    const next = await queue.enqueue(await fleet.clip('b.wav', 3), { language: 'en' });
    expect((await next.result()).text).toBe('It was not said.');
    expect(await job.status()).toMatchObject({ state: 'done', transcript: { text } });
    expect(await queue.depth()).toMatchObject({ waiting: 0, active: 0, dead: 0 });
  });
});
