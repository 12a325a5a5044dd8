import { expect, test } from 'vitest';
import { Heartbeat } from '../../dist/provider/subprocess/heartbeat.js';
import { RestartRule } from '../../dist/provider/subprocess/restart-rule.js';
import { ManualClock } from '../manual-clock.js';

/** What follows lives without a decode that ended at these times, each a moment after its start. */
function after(rule: RestartRule, diedAtSeconds: number, servedDecodes = 0, livedSeconds = 0) {
  return rule.after({ bornAtSeconds: diedAtSeconds - livedSeconds, diedAtSeconds, servedDecodes });
}

test('rests double from 1 s to 60 s', () => {
  const rule = new RestartRule(() => 0.5);
  // So far apart that no breaker opens.
  const rests = [0, 100, 200, 300, 400, 500, 600, 700].map((atSeconds) => after(rule, atSeconds));
  expect(rests).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => ({ kind: 'rest', seconds })));
});

test.each([
  [0, 0.8],
  [1, 1.2],
])('a rest is up to a fifth shorter or longer: chance %d', (chance, seconds) => {
  expect(after(new RestartRule(() => chance), 0)).toEqual({ kind: 'rest', seconds });
});

test('who has decoded is back at once, and all is forgotten', () => {
  const rule = new RestartRule(() => 0.5);
  for (const atSeconds of [0, 1, 2, 3]) after(rule, atSeconds);
  expect(after(rule, 4, 1)).toEqual({ kind: 'at-once' });
  expect(after(rule, 5)).toEqual({ kind: 'rest', seconds: 1 });
});

test('five failures within 60 s open the breaker; a trial that fails opens it again, one that decodes closes it', () => {
  const rule = new RestartRule(() => 0.5);
  const kinds = [0, 15, 30, 45, 59].map((atSeconds) => after(rule, atSeconds).kind);
  expect(kinds).toEqual(['rest', 'rest', 'rest', 'rest', 'break']);
  expect(after(rule, 200)).toEqual({ kind: 'break', seconds: 60 });
  expect(after(rule, 300, 1).kind).toBe('at-once');
  expect(after(rule, 301).kind).toBe('rest');
});

test('five failures in more than 60 s do not', () => {
  const rule = new RestartRule(() => 0.5);
  expect([0, 15, 30, 45, 60].map((atSeconds) => after(rule, atSeconds).kind)).toEqual(Array(5).fill('rest'));
});

test('the fifteenth failure is the last, unless a life of a minute lies between', () => {
  const fourteen = Array.from({ length: 14 }, (_, at) => 100 * at);
  const rule = new RestartRule();
  for (const atSeconds of fourteen) expect(after(rule, atSeconds).kind).toBe('rest');
  expect(after(rule, 1400)).toEqual({ kind: 'give-up', attempts: 15 });

  const idle = new RestartRule();
  for (const atSeconds of fourteen) after(idle, atSeconds);
  expect(after(idle, 1400, 0, 60).kind).toBe('rest');
});

interface Beat {
  readonly clock: ManualClock;
  readonly heartbeat: Heartbeat;
  readonly pings: number[];
  readonly silences: number[];
}

function beat(): Beat {
  const clock = new ManualClock();
  const [pings, silences]: [number[], number[]] = [[], []];
  const heartbeat = new Heartbeat({
    clock,
    everySeconds: 1,
    silenceSeconds: () => 2.5,
    ping: () => pings.push(clock.nowSeconds()),
    onSilence: (seconds) => silences.push(seconds),
  });
  return { clock, heartbeat, pings, silences };
}

test('a process is pinged every second, and is found silent 2.5 s after it was last heard', () => {
  const { clock, heartbeat, pings, silences } = beat();
  clock.advance(1);
  heartbeat.heard();
  clock.advance(2.4);
  expect({ pings, silences }).toEqual({ pings: [1, 2, 3], silences: [] });
  clock.advance(0.1);
  expect(silences).toEqual([2.5]);
  expect(clock.pending).toBe(0);
});

test('a heartbeat that is stopped is heard of no more', () => {
  const { clock, heartbeat, pings } = beat();
  heartbeat.stop();
  clock.advance(10);
  expect({ pings, pending: clock.pending }).toEqual({ pings: [], pending: 0 });
});

test('a host that slept blames nobody for its own silence', () => {
  /** Its alarms go off late: time has passed when they do. */
  class SleepyClock extends ManualClock {
    sleptSeconds = 0;
    override nowSeconds(): number {
      return super.nowSeconds() + this.sleptSeconds;
    }
  }
  const clock = new SleepyClock();
  const silences: number[] = [];
  new Heartbeat({
    clock,
    everySeconds: 1,
    silenceSeconds: () => 2.5,
    ping: () => undefined,
    onSilence: (seconds) => silences.push(seconds),
  });
  clock.sleptSeconds = 100;
  clock.advance(1);
  expect(silences).toEqual([]);
  clock.advance(2.5);
  expect(silences).toEqual([2.5]);
});
