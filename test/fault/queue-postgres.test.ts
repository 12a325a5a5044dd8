import { describe, expect, test } from 'vitest';
import { hasPostgres, startPostgres } from '../postgres-server.js';
import { Fleet } from '../queue-fleet.js';

describe.skipIf(!hasPostgres)('jobs on a real PostgreSQL (postgresql has to be installed)', () => {
  test('each is done once, in order, when a worker is killed too; a poison file is dead with its reason', async () => {
    await using fleet = await Fleet.on(await startPostgres());
    const [queue, other] = await Promise.all([fleet.queue(), fleet.queue()]);
    const killed = await fleet.process({ conduct: 'hold' });
    const uri = await fleet.clip('a.wav');
    const [job, same] = await Promise.all([queue, other].map((client) => client.enqueue(uri, { language: 'en' })));
    expect(same?.id).toBe(job?.id);
    expect([job?.isRepeat, same?.isRepeat].sort()).toEqual([false, true]);
    await killed.told('begun');
    killed.signal('SIGKILL');
    await killed.ended();
    const background = await queue.enqueue(await fleet.clip('b.wav', 3), { language: 'en', priority: 'background' });
    const poison = await queue.enqueue('file:///etc/hostname');
    expect(await queue.depth()).toMatchObject({ waiting: 2, active: 1 });
    await fleet.worker();
    const [first, last] = await Promise.all([job?.result(), background.result()]);
    expect(first?.text).toMatch(/\w/);
    expect(last.text).toMatch(/\w/);
    await expect(poison.result()).rejects.toMatchObject({ code: 'JOB_FAILED', cause: { code: 'URI_REFUSED' } });
    expect(await queue.deadLetters()).toMatchObject([{ id: poison.id, attemptsMade: 1 }]);
    expect(await other.enqueue(uri, { language: 'en' })).toMatchObject({ id: job?.id, isRepeat: true });
    expect(await other.depth()).toMatchObject({ waiting: 0, active: 0, dead: 1 });
  });
});
