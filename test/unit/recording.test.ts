import { describe, expect, test } from 'vitest';
import { definePolicy } from '../../dist/degrade/define-policy.js';
import { policies } from '../../dist/degrade/policies.js';
import type { Policy } from '../../dist/degrade/policy.js';
import type { Recording } from '../../dist/degrade/recording.js';
import { lineOf, readLines, withNumbers } from '../../dist/degrade/recording-lines.js';
import { replay } from '../../dist/degrade/replay.js';
import type { LoadSnapshot } from '../../dist/degrade/snapshot.js';
import { Chance } from '../chance.js';
import { settled } from '../live-world.js';
import { ladderWorld } from './ladder-world.js';
import { talk } from './live-source.js';

const priorities = ['critical', 'normal', 'background'] as const;

/** A run of so many seconds with sources that come, speak, pause and go by chance, recorded from some time of it on. */
async function randomRun(seed: number, policy: Policy, seconds: number) {
  const chance = new Chance(seed);
  const world = ladderWorld({ policy, isDryRun: chance.happens(0.1) });
  const { live, ladder, add, second } = world;
  const startsAt = chance.below(seconds / 3);
  const sources = [add('first', 'critical')];
  let recording: Recording | undefined;
  for (let at = 0, cost = 0.2; at < seconds; at += 1) {
    if (at === startsAt) recording = ladder.recordings.start();
    if (chance.happens(0.1)) cost = 0.05 + 2 * chance.next();
    if (chance.happens(0.15) && sources.length < 4) sources.push(add(`at ${at}`, chance.of(priorities) ?? 'normal'));
    if (chance.happens(0.05) && sources.length > 1) live.promised('end of source', sources.pop()?.end() ?? settled());
    if (chance.happens(0.01)) ladder.pin(chance.below(6));
    if (chance.happens(0.2)) ladder.release();
    const speaking = chance.next();
    await second(sources, cost, talk(speaking, 1 - speaking));
  }
  return { world, recording: recording?.stop() ?? '' };
}

/** Says what it remembers. */
const remembering = definePolicy({
  name: 'remembering',
  decide(snapshot, { snapshots, changes }) {
    const { rung, reason } = policies.standard.decide(snapshot, { snapshots, changes });
    const [firstAt, changedAt] = [snapshots[0]?.atSeconds ?? 0, changes.at(-1)?.atSeconds ?? 0];
    return { rung, reason, evidence: { looks: snapshots.length, firstAt, steps: changes.length, changedAt } };
  },
});

describe('a recorded run replayed gives the same decisions', () => {
  test.each([policies.standard, policies.thresholds, remembering])('$name, over 70 random loads', async (policy) => {
    let [decisions, steps] = [0, 0];
    for (let seed = 1; seed <= 70; seed += 1) {
      const { recording } = await randomRun(seed, policy, seed % 10 === 0 ? 100 : 24);
      const { ticks, differences, faults } = replay(policy, recording);
      expect(ticks.map(({ replayed }) => replayed)).toEqual(ticks.map(({ recorded }) => recorded));
      expect({ differences, faults }).toEqual({ differences: [], faults: [] });
      decisions += ticks.length;
      steps += ticks.filter(({ recorded }, at) => recorded.rung !== ticks[at - 1]?.recorded.rung).length;
    }
    expect(decisions).toBeGreaterThan(1000);
    expect(steps).toBeGreaterThan(70);
  });

  test('and the snapshots come back from JSON as they were, Infinity and NaN too', () => {
    const seen: LoadSnapshot = {
      atSeconds: 1234.000_000_1,
      minuteOfDay: 1439,
      rung: 0,
      capacity: 1.9,
      load: [0.1 + 0.2, Number.POSITIVE_INFINITY, Number.NaN],
      smallestSojournSeconds: Number.NEGATIVE_INFINITY,
      chunkSeconds: 8,
      secondsToOverflow: Number.POSITIVE_INFINITY,
      switchSeconds: [0, 1e-7, 0],
      rtf: { mean: 0, p50: 1 / 3, p95: Number.NaN },
      turnaroundRtf: 0.5,
      sources: { critical: 1, normal: 0, background: 2 },
      speechShare: 0.5,
    };
    const [line] = readLines(lineOf({ kind: 'tick', snapshot: seen }));
    expect(withNumbers(line?.fields['snapshot'])).toEqual(seen);
  });
});
