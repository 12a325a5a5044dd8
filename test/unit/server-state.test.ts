import { describe, expect, test } from 'vitest';
import type { LadderEntry } from '../../dist/degrade/ladder-journal.js';
import { type StateSources, serverState } from '../../dist/server/page/server-state.js';
import type { SourceSnapshot } from '../../dist/telemetry/snapshot.js';

const empty = { count: 0, sum: 0 };
const measured = (p50: number, count = 3) => ({ count, sum: 1, recent: { count, p50, p95: 1, p99: 1, max: 1 } });
const plan = (model: string, rtf: object) => ({ model, variant: 'q8_0', rtf });

function stateOf({ snapshot = {}, ...rest }: { snapshot?: object } & Omit<Partial<StateSources>, 'snapshot'>) {
  const whole = {
    atSeconds: 100,
    slots: { total: 2, busy: 1 },
    sessions: { open: 1, detached: 0, limit: 10 },
    sources: [],
    ladder: {
      rung: 1,
      name: 'b',
      decided: 1,
      isPinned: false,
      reason: 'Because.',
      rungs: [
        { name: 'a', load: 1.2 },
        { name: 'b', load: 0.6 },
      ],
    },
    providers: [],
    telemetry: { uptimeSeconds: 50, plans: [], finalLatencySeconds: empty, partialLatencySeconds: empty },
    memory: { rssBytes: 1 },
    ...snapshot,
  };
  return serverState({
    snapshot: whole as unknown as StateSources['snapshot'],
    health: { status: 'idle', model: { kind: 'idle' } },
    history: [],
    uploads: { running: 0, limit: 8 },
    isDraining: false,
    ...rest,
  });
}

describe('the state of a server', () => {
  test('sums up sources by priority, and names none of them', () => {
    const source = (priority: string, queuedChunks: number, oldestWaitSeconds: number) =>
      ({
        session: '9',
        source: 'secret',
        priority,
        queuedChunks,
        queuedSeconds: 2,
        oldestWaitSeconds,
      }) as SourceSnapshot;
    const state = stateOf({
      snapshot: { sources: [source('normal', 1, 3), source('critical', 0, 0), source('normal', 2, 1)] },
    });
    expect(state.sources).toEqual({
      critical: { sources: 1, queuedChunks: 0, queuedSeconds: 2, oldestWaitSeconds: 0 },
      normal: { sources: 2, queuedChunks: 3, queuedSeconds: 4, oldestWaitSeconds: 3 },
      background: { sources: 0, queuedChunks: 0, queuedSeconds: 0, oldestWaitSeconds: 0 },
    });
    expect(JSON.stringify(state)).not.toContain('secret');
  });

  test('tells the load of the rung in force, and the last 8 decisions by name, newest first', () => {
    const entry = (at: number): LadderEntry => ({
      kind: 'step',
      from: 0,
      to: 1,
      atSeconds: at,
      reason: `At ${at}.`,
      evidence: { load: 1 },
    });
    const { ladder } = stateOf({ history: Array.from({ length: 10 }, (_, at) => entry(at)) });
    expect(ladder.load).toBe(0.6);
    expect(ladder.history).toHaveLength(8);
    expect(ladder.history[0]).toEqual({ kind: 'step', from: 'a', to: 'b', reason: 'At 9.', secondsAgo: 91 });
  });

  test('has no latency and no RTF while nothing was measured', () => {
    const state = stateOf({ snapshot: {} });
    expect(Object.keys(state)).not.toContain('rtf');
    expect(Object.keys(state)).not.toContain('finalLatencySeconds');
  });

  test('has the RTF of the plan that decoded most lately', () => {
    const plans = [plan('old', empty), plan('busy', measured(0.2, 9)), plan('rare', measured(0.4, 1))];
    const telemetry = { uptimeSeconds: 50, plans, finalLatencySeconds: measured(0.7), partialLatencySeconds: empty };
    const state = stateOf({ snapshot: { telemetry } });
    expect(state.rtf).toMatchObject({ model: 'busy', p50: 0.2 });
    expect(state.finalLatencySeconds?.p50).toBe(0.7);
  });

  test('says that it ends rather than that it is ready, and never where its files are', () => {
    const actual = { model: 'base', variant: 'q8_0', path: '/srv/models/base.bin' };
    const health = {
      status: 'ready',
      model: { kind: 'ready', result: { actual } },
    } as unknown as StateSources['health'];
    const state = stateOf({ health, isDraining: true });
    expect(state).toMatchObject({ status: 'draining', model: { name: 'base', variant: 'q8_0' } });
    expect(JSON.stringify(state)).not.toContain('/srv');
  });
});
