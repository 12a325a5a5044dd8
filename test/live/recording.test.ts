import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../dist/clock.js';
import type { LiveFormat, LoadSnapshot } from '../../dist/index.js';
import { createEngine, type Engine, policies, readTrace, recordedMachine, replay, simulate } from '../../dist/index.js';
import { bundled, joined, samplesOf, silence } from './clips.js';
import { encoded } from './live-source.js';

const format: LiveFormat = { encoding: 's16le', sampleRate: 16_000 };
const clip = encoded(joined(await samplesOf(bundled('leopard_en.wav')), silence(1)), format);
/** A tenth of a second. */
const part = 3200;
const [sources, seconds] = [8, 14];

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What the policy saw. */
function snapshotsOf(recording: string): readonly LoadSnapshot[] {
  const lines = recording.split('\n').filter((line) => line.includes('"kind":"tick"'));
  return lines.map((line) => (JSON.parse(line) as { snapshot: LoadSnapshot }).snapshot);
}

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ model: 'base', language: 'en', slots: 1, threadsPerSlot: 1, degrade: 'standard' });
});
afterAll(() => engine.close());

test('more speech than a slot can decode, recorded: it replays to the same, and simulates to about the same load', async () => {
  const recording = engine.record();
  const session = await engine.openSession();
  const voices = Array.from({ length: sources }, (_, at) => ({
    source: session.addSource(`Mrs. ${at}`, { format, priority: at < 2 ? 'critical' : 'normal' }),
    from: Math.floor((at / sources) * (clip.length / part)),
  }));
  // As microphones bring it.
  for (let turn = 0; turn < 10 * seconds; turn += 1) {
    await new Promise<void>((resolve) => {
      systemClock.after(0.1, resolve);
    });
    for (const { source, from } of voices) {
      const at = ((from + turn) * part) % (clip.length - part);
      source.tryWrite(clip.subarray(at, at + part));
    }
  }
  const lines = recording.stop();
  await session.end();
  expect(lines).not.toContain('Mrs.');

  const { ticks, differences } = replay(policies.standard, lines);
  expect(ticks.length).toBeGreaterThan(5);
  expect(differences).toEqual([]);
  expect(ticks.map(({ replayed }) => replayed)).toEqual(ticks.map(({ recorded }) => recorded));

  const trace = readTrace(lines, 'a run');
  expect(new Set(trace.events.flatMap((event) => (event.kind === 'speech' ? event.source : []))).size).toBe(sources);
  const machine = recordedMachine(lines);
  expect(machine).toMatchObject({ slots: 1, models: [{ name: 'base', variant: 'q8_0' }, { name: 'tiny.en' }] });
  const { timeline, ledger } = await simulate(policies.standard, trace, machine);
  expect(ledger.imbalanceSamples).toBe(0);
  // What the same sources need on the rung as requested, by what was measured and by what was simulated.
  const [real, simulated] = [snapshotsOf(lines).map(({ load }) => load[0] ?? 0), timeline.map(({ load }) => load)];
  expect(meanOf(simulated.slice(-5)) / meanOf(real.slice(-5))).toBeGreaterThan(0.5);
  expect(meanOf(simulated.slice(-5)) / meanOf(real.slice(-5))).toBeLessThan(2);
});
