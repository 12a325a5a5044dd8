import { beforeEach, describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import type { LoadState } from '../../dist/model/load-state.js';
import { warmLevel } from '../../dist/model/load-state.js';
import { ModelLoading } from '../../dist/model/model-loading.js';
import { ManualClock } from '../manual-clock.js';
import { ScriptedLoader, type ScriptedModel } from '../scripted-loader.js';

let clock: ManualClock;
let loader: ScriptedLoader;
let loading: ModelLoading<ScriptedModel>;
let states: LoadState[];

beforeEach(() => {
  clock = new ManualClock();
  loader = new ScriptedLoader();
  loading = watched(new ModelLoading(loader, clock));
});

function watched(made: ModelLoading<ScriptedModel>): ModelLoading<ScriptedModel> {
  states = [];
  made.onState((state) => states.push(state));
  return made;
}

const broken = new EngineError('MODEL_CORRUPT', 'The file is damaged.');
/** Lets everything that is due happen. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a load', () => {
  test('goes from idle over its steps to ready, and says so each time', async () => {
    expect(loading.state).toEqual({ kind: 'idle' });
    loading.start();
    loader.last.progress({ step: 'read' });
    loader.last.progress({ step: 'warm', slotsWarm: 1, slots: 2 });
    loader.last.succeed();
    const { result } = await loading.untilLoaded();
    await settle();
    expect(states).toEqual([
      { kind: 'loading', progress: { step: 'find' } },
      { kind: 'loading', progress: { step: 'read' } },
      { kind: 'loading', progress: { step: 'warm', slotsWarm: 1, slots: 2 } },
      { kind: 'ready', result },
    ]);
    expect(states.map(warmLevel)).toEqual([0, 1, 2, 3]);
  });

  test('that fails reaches everybody who waits, each in the way they wait', async () => {
    loading.start();
    const waiting = Array.from({ length: 50 }, () => loading.untilLoaded());
    const asking = Array.from({ length: 50 }, () => loading.waitUntilReady());
    loader.last.fail(broken);
    for (const outcome of await Promise.allSettled(waiting)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: broken });
    }
    expect(new Set(await Promise.all(asking))).toEqual(new Set([false]));
    expect(loading.state).toEqual({ kind: 'failed', error: broken });
    await expect(loading.untilLoaded()).rejects.toBe(broken);
  });

  test('that fails with anything else is MODEL_LOAD_FAILED with that as its cause', async () => {
    loading.start();
    const cause = new RangeError('out of luck');
    loader.last.fail(cause);
    await expect(loading.untilLoaded()).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED', cause });
  });

  test('is begun once, however often it is started', async () => {
    for (let count = 0; count < 100; count += 1) loading.start();
    loader.last.succeed();
    await loading.untilLoaded();
    loading.start();
    expect(loader.loads).toHaveLength(1);
  });

  test('can be tried again after it failed', async () => {
    loading.start();
    loader.last.fail(broken);
    await loading.waitUntilReady();
    loading.start();
    expect(loading.state.kind).toBe('loading');
    loader.last.succeed();
    expect(await loading.untilLoaded()).toMatchObject({ load: 1 });
  });

  test('that takes longer than it may is MODEL_LOAD_TIMED_OUT, is aborted, and what it still brings is freed', async () => {
    loading = watched(new ModelLoading(loader, clock, 30));
    loading.start();
    const waiting = expect(loading.untilLoaded()).rejects.toMatchObject({ code: 'MODEL_LOAD_TIMED_OUT' });
    clock.advance(29);
    expect(loading.state.kind).toBe('loading');
    clock.advance(1);
    await waiting;
    expect(loader.last.signal.aborted).toBe(true);
    loader.last.succeed();
    await settle();
    expect(loader.unloaded).toEqual([0]);
    expect(loading.state.kind).toBe('failed');
  });

  test('that is ready in time is not touched by the limit', async () => {
    loading = watched(new ModelLoading(loader, clock, 30));
    loading.start();
    loader.last.succeed();
    await loading.untilLoaded();
    clock.advance(60);
    expect(loading.state.kind).toBe('ready');
  });
});

describe('cancelling', () => {
  test('a load makes it idle at once, tells everybody, and frees what it still brings', async () => {
    loading.start();
    const waiting = expect(loading.untilLoaded()).rejects.toMatchObject({ code: 'MODEL_NOT_READY' });
    const asking = loading.waitUntilReady();
    const freed = loading.unload();
    expect(loading.state).toEqual({ kind: 'idle' });
    expect(loader.last.signal.aborted).toBe(true);
    await waiting;
    expect(await asking).toBe(false);
    loader.last.succeed();
    await freed;
    expect(loader.unloaded).toEqual([0]);
  });

  test('and loading again gives the second load, whenever the first one comes', async () => {
    loading.start();
    void loading.unload();
    loading.start();
    const [first, second] = loader.loads;
    second?.succeed();
    expect(await loading.untilLoaded()).toMatchObject({ load: 1 });
    first?.progress({ step: 'read' });
    first?.succeed();
    await settle();
    expect(loader.unloaded).toEqual([0]);
    expect(loading.loaded).toMatchObject({ load: 1 });
    expect(loading.state.kind).toBe('ready');
  });

  test('a failed one forgets the failure', async () => {
    loading.start();
    loader.last.fail(broken);
    await loading.waitUntilReady();
    await loading.unload();
    expect(loading.state).toEqual({ kind: 'idle' });
  });

  test('a ready one gives it back', async () => {
    loading.start();
    loader.last.succeed();
    await loading.untilLoaded();
    await loading.unload();
    expect(loader.unloaded).toEqual([0]);
    expect(loading.loaded).toBeUndefined();
  });
});

describe('waitUntilReady()', () => {
  test('answers false when the time is up, and true to one who asks again later', async () => {
    loading.start();
    const asking = loading.waitUntilReady(500);
    clock.advance(0.5);
    expect(await asking).toBe(false);
    loader.last.succeed();
    expect(await loading.waitUntilReady(500)).toBe(true);
  });

  test('looks once more when the time is up', async () => {
    loading.start();
    const asking = loading.waitUntilReady(500);
    loader.last.succeed();
    await Promise.resolve();
    clock.advance(0.5);
    expect(await asking).toBe(true);
  });

  test('of no time at all only looks', async () => {
    loading.start();
    expect(await loading.waitUntilReady(0)).toBe(false);
    loader.last.succeed();
    await loading.untilLoaded();
    expect(await loading.waitUntilReady(0)).toBe(true);
  });

  test('waits for a load that somebody else begins', async () => {
    const asking = loading.waitUntilReady();
    loading.start();
    loader.last.succeed();
    expect(await asking).toBe(true);
  });

  test('answers false when its signal is aborted, and the load goes on', async () => {
    loading.start();
    const abort = new AbortController();
    const asking = loading.waitUntilReady(undefined, abort.signal);
    abort.abort();
    expect(await asking).toBe(false);
    expect(await loading.waitUntilReady(undefined, abort.signal)).toBe(false);
    expect(loading.state.kind).toBe('loading');
    expect(loader.last.signal.aborted).toBe(false);
  });

  test('leaves no timer and no listener behind', async () => {
    loading.start();
    const asking = loading.waitUntilReady(1000);
    loader.last.succeed();
    await asking;
    expect(clock.pending).toBe(0);
  });
});

test('whoever waits with a signal leaves with ABORTED, and the load goes on', async () => {
  loading.start();
  const abort = new AbortController();
  const waiting = loading.untilLoaded(abort.signal);
  abort.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
  loader.last.succeed();
  expect(await loading.untilLoaded()).toMatchObject({ load: 0 });
});
