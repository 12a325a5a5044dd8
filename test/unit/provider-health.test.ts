import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Health, healthAfter, type Sign, trusted } from '../../dist/provider/health.js';

const died = (atSeconds: number, begunAtSeconds = atSeconds): Sign => ({ kind: 'died', atSeconds, begunAtSeconds });
const failed = (atSeconds: number): Sign => ({ kind: 'failed', atSeconds, begunAtSeconds: atSeconds });
const decoded = (atSeconds: number): Sign => ({ kind: 'decoded', atSeconds });
const trial = (atSeconds: number): Sign => ({ kind: 'trial', atSeconds });
const healthOf = (...signs: readonly Sign[]): Health => signs.reduce(healthAfter, trusted);
const fiveFailures = [1, 2, 3, 4, 5].map(failed);

describe('the health of a provider', () => {
  test.each<[what: string, signs: readonly Sign[], kind: Health['kind']]>([
    ['is trusted at first', [], 'trusted'],
    ['is trusted after two deaths', [died(1), died(2)], 'trusted'],
    ['is out after three deaths within a minute', [died(1), died(30), died(60)], 'out'],
    ['is trusted when the third death comes later', [died(1), died(30), died(62)], 'trusted'],
    ['counts chunks that one death took along as one', [died(1, 0), died(1, 0.5), died(1, 0.7), died(2)], 'trusted'],
    ['is out after five failures in a row', fiveFailures, 'out'],
    ['is trusted when a decode came between them', [...fiveFailures.slice(1), decoded(5), failed(6)], 'trusted'],
    ['is out at once when it cannot be had', [{ kind: 'gone', atSeconds: 1, reason: 'No.' }], 'out'],
    ['is not mended by a decode that was under way', [...fiveFailures, decoded(6)], 'out'],
    ['is on trial when its time has come', [...fiveFailures, trial(10)], 'on-trial'],
    ['is still on trial after two good jobs', [...fiveFailures, trial(10), decoded(10), decoded(11)], 'on-trial'],
    ['is trusted after three', [...fiveFailures, trial(10), decoded(10), decoded(11), decoded(12)], 'trusted'],
    ['is out after one bad job', [...fiveFailures, trial(10), decoded(10), failed(11)], 'out'],
  ])('%s', (_, signs, kind) => {
    expect(healthOf(...signs).kind).toBe(kind);
  });

  test('a trial that fails makes the next one wait twice as long, up to a minute', () => {
    let health = healthOf(...fiveFailures);
    const waits = [1, 2, 3, 4, 5, 6].map(() => {
      if (health.kind !== 'out') throw new Error(health.kind);
      const atSeconds = health.nextTrialAtSeconds;
      health = [trial(atSeconds), failed(atSeconds)].reduce(healthAfter, health);
      return health.kind === 'out' ? health.nextTrialAtSeconds - atSeconds : 0;
    });
    expect(waits).toEqual([10, 20, 40, 60, 60, 60]);
  });

  test('a provider that is trusted again starts with nothing against it', () => {
    expect(healthOf(...fiveFailures, trial(10), decoded(10), decoded(11), decoded(12))).toEqual(trusted);
  });

  test('whatever happens, nobody is trusted again without three good jobs in one trial', () => {
    const kinds = fc.constantFrom<Sign['kind']>('decoded', 'died', 'failed', 'gone', 'trial');
    fc.assert(
      fc.property(fc.array(kinds, { maxLength: 60 }), (signs) => {
        let health: Health = trusted;
        let jobs = 0;
        for (const [atSeconds, kind] of signs.entries()) {
          const before: string = health.kind;
          const sign: Sign = { kind, atSeconds, begunAtSeconds: atSeconds, reason: 'No.' };
          health = healthAfter(health, sign);
          const now: string = health.kind;
          if (before === 'out' && now === 'on-trial') jobs = 0;
          if (before === 'on-trial' && kind === 'decoded') jobs += 1;
          if (before !== 'trusted' && now === 'trusted') expect(jobs).toBe(3);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
