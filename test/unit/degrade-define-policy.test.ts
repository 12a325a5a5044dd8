import { describe, expect, test } from 'vitest';
import { atMost, firstOf, onlyWhen, pinned, scheduled } from '../../dist/degrade/compositions.js';
import { definePolicy, type PolicyDefinition } from '../../dist/degrade/define-policy.js';
import { policies } from '../../dist/degrade/policies.js';
import type { Decision, Policy } from '../../dist/degrade/policy.js';
import type { Rung } from '../../dist/degrade/rung.js';
import { type PolicyFault, safely } from '../../dist/degrade/safely.js';
import { EngineError } from '../../dist/errors.js';
import { lasting, loadsOf, snapshot } from './degrade-snapshots.js';

const requested: Rung = { name: 'requested', plan: {} };
const longer: Rung = { name: 'longer', plan: { chunkSeconds: 8 } };

describe('a definition is refused', () => {
  test.each<[what: string, definition: Partial<PolicyDefinition>, message: RegExp]>([
    ['without a name', { name: ' ' }, /needs a `name`/],
    ['without rungs', { rungs: [] }, /1 to 32 rungs/],
    ['that cannot be climbed back', { rungs: [longer] }, /cannot be climbed back: rung 0, 'longer'/],
    [
      'with a rung that changes nothing',
      { rungs: [requested, longer, { name: 'same', plan: {} }] },
      /'same' changes nothing/,
    ],
    [
      'with a rung that is heavier',
      { rungs: [requested, longer, { name: 'short', plan: { chunkSeconds: 4 } }] },
      /'short' changes nothing/,
    ],
    [
      'with a smaller model twice',
      { rungs: [requested, { name: 'a', plan: {}, model: 'smaller' }, { name: 'b', plan: {}, model: 'smaller' }] },
      /'b' changes nothing/,
    ],
    ['with two rungs of one name', { rungs: [requested, longer, longer] }, /Two rungs are called 'longer'/],
    ['with a nameless rung', { rungs: [requested, { name: '', plan: {} }] }, /Rung 1 needs a `name`/],
    ['with a rung that is nothing', { rungs: [requested, null as unknown as Rung] }, /Rung 1 needs a `name`/],
    ['with a rung without a plan', { rungs: [requested, { name: 'a' } as unknown as Rung] }, /'a' needs a `plan`/],
    [
      'with no length for chunks',
      { rungs: [requested, { name: 'a', plan: { chunkSeconds: Number.NaN } }] },
      /`chunkSeconds` of rung 'a' is NaN/,
    ],
    [
      'with partials all the time',
      { rungs: [requested, { name: 'a', plan: { partialEverySeconds: 0 } }] },
      /`partialEverySeconds` of rung 'a' is 0/,
    ],
    [
      'with half a beam',
      { rungs: [requested, { name: 'a', plan: { beamSize: 1.5 } }] },
      /`beamSize` of rung 'a' is 1.5/,
    ],
    [
      'with an unknown context',
      { rungs: [requested, { name: 'a', plan: { encoderContext: 'tiny' as 'full' } }] },
      /`encoderContext` of rung 'a' is tiny/,
    ],
    [
      'with chunks that shrink',
      { rungs: [requested, { name: 'a', plan: {}, addedChunkSeconds: -1 }] },
      /`addedChunkSeconds` of rung 'a' is -1/,
    ],
    [
      'with an unknown priority',
      { rungs: [requested, { name: 'a', plan: {}, shed: { finalsOf: ['low' as 'normal'] } }] },
      /`shed.finalsOf` of rung 'a'/,
    ],
    [
      'that sheds what is critical first',
      { rungs: [requested, { name: 'a', plan: {}, shed: { spool: ['critical'] } }] },
      /'a' sheds what is critical/,
    ],
    [
      'with a model of no name',
      { rungs: [requested, { name: 'a', plan: {}, model: { model: '' } }] },
      /`model` of rung 'a'/,
    ],
    ['with an unknown threshold', { thresholds: { down: 1 } as object }, /no threshold `down`/],
    ['with a threshold that is no number', { thresholds: { upLoad: Number.NaN } }, /`thresholds.upLoad` is NaN/],
    [
      'with a dwell that never ends',
      { thresholds: { dwellSeconds: Number.POSITIVE_INFINITY } },
      /`thresholds.dwellSeconds` is Infinity/,
    ],
    [
      'with a rung to go up to that it would leave at once',
      { thresholds: { upLoad: 0.8 } },
      /cross: `upLoad` is 0.8 and must be less than `targetLoad`, 0.8/,
    ],
    ['with a rung to go down to that is too heavy', { thresholds: { targetLoad: 0.9 } }, /cross: `targetLoad` is 0.9/],
    ['where one wait leads down and up', { thresholds: { upSojournShare: 0.75 } }, /cross: `upSojournShare`/],
    ['with a dwell above its limit', { thresholds: { dwellSeconds: 250 } }, /cross: `dwellSeconds`/],
    ['with half a tick', { thresholds: { ticks: 2.5 } }, /whole number/],
    [
      'with thresholds that nothing reads',
      { decide: () => ({ rung: 0, reason: 'Because.', evidence: {} }), thresholds: { upLoad: 0.5 } },
      /would do nothing/,
    ],
    ['with a rule that is none', { decide: 'down' as unknown as () => Decision }, /must be a function/],
  ])('%s', (_, definition, message) => {
    const define = () => definePolicy({ name: 'own', ...definition });
    expect(define).toThrow(EngineError);
    expect(define).toThrow(message);
    expect(define).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  });
});

test.each(Object.values(policies))('the ladder of $name is one that could be defined', ({ rungs, name }) => {
  expect(definePolicy({ name, rungs }).rungs).toEqual(rungs);
});

test('a rule of your own decides over the standard rungs', () => {
  const decision = { rung: 2, reason: 'Because.', evidence: {} };
  const own = definePolicy({ name: 'own', decide: () => decision });
  expect(own.rungs).toBe(policies.standard.rungs);
  expect(own.decide(...lasting(1, snapshot()))).toBe(decision);
});

describe('a policy that is run safely', () => {
  const good: Decision = { rung: 1, reason: 'Because.', evidence: { load: 1 } };
  const heavy = lasting(3, snapshot({ load: loadsOf(2.2) }));

  test.each<[what: string, decide: () => Decision, message: string]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
      'broken',
    ],
    ['returns nothing', () => undefined as unknown as Decision, 'no decision'],
    ['returns null', () => null as unknown as Decision, 'no decision'],
    ['has NaN for a rung', () => ({ ...good, rung: Number.NaN }), 'rung NaN of 0 … 5'],
    ['goes below the ladder', () => ({ ...good, rung: 6 }), 'rung 6 of 0 … 5'],
    ['goes above the ladder', () => ({ ...good, rung: -1 }), 'rung -1 of 0 … 5'],
    ['goes half a step', () => ({ ...good, rung: 0.5 }), 'rung 0.5 of 0 … 5'],
    ['gives no reason', () => ({ ...good, reason: '' }), 'no reason'],
    ['gives no evidence', () => ({ rung: 1, reason: 'Because.' }) as Decision, 'no evidence'],
    ['has NaN for evidence', () => ({ ...good, evidence: { load: Number.NaN } }), '`load` is NaN'],
  ])('and %s gives way to the standard one, for good, and says so once', (_, decide, message) => {
    let calls = 0;
    const faults: PolicyFault[] = [];
    const own = definePolicy({
      name: 'own',
      decide() {
        calls += 1;
        return calls === 2 ? decide() : good;
      },
    });
    const policy = safely(own, (fault) => faults.push(fault));
    expect(policy.decide(...heavy)).toBe(good);
    expect(policy.decide(...heavy)).toEqual(policies.standard.decide(...heavy));
    expect(policy.decide(...heavy).rung).toBe(3);
    expect(calls).toBe(2);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({ policy: 'own', atSeconds: 1000, error: { code: 'OPTION_INVALID' } });
    expect(faults[0]?.error.message).toContain(message);
  });

  test('does not mind a listener that throws', () => {
    const own = definePolicy({ name: 'own', decide: () => ({ ...good, rung: 9 }) });
    const policy = safely(own, () => {
      throw new Error('deaf');
    });
    expect(policy.decide(...heavy).rung).toBe(3);
  });
});

describe('composed policies', () => {
  const to = (name: string, rung: number): Policy =>
    definePolicy({ name, decide: () => ({ rung, reason: `${name}.`, evidence: {} }) });
  const here = lasting(1, snapshot({ rung: 2 }));

  test.each<[what: string, policy: Policy, rung: number, reason: RegExp]>([
    ['the first that wants to move', firstOf(to('idle', 2), to('down', 3), to('up', 1)), 3, /^down/],
    ['the first when none wants to', firstOf(to('idle', 2), to('lazy', 2)), 2, /^idle/],
    [
      'the limit for what goes further',
      atMost('trimmed encoder', to('down', 4)),
      2,
      /At most 'trimmed encoder' is allowed. down/,
    ],
    ['the policy itself within the limit', atMost(3, to('down', 3)), 3, /^down/],
    ['a step down while the condition holds', onlyWhen(({ rung }) => rung === 2, to('down', 3)), 3, /^down/],
    ['no step down when it does not', onlyWhen(() => false, to('down', 3)), 2, /does not hold. down/],
    ['a step up whether or not it holds', onlyWhen(() => false, to('up', 1)), 1, /^up/],
    ['what is pinned by name', pinned('smaller model', to('up', 1)), 3, /'smaller model', is pinned/],
    ['what is pinned by number', pinned(0, to('up', 1)), 0, /'requested', is pinned/],
  ])('decide: %s', (_, policy, rung, reason) => {
    const decision = policy.decide(...here);
    expect(decision.rung).toBe(rung);
    expect(decision.reason).toMatch(reason);
    expect(policy.rungs).toEqual(policies.standard.rungs);
  });

  test.each([
    ['09:00', 540, 1],
    ['just before', 539, 0],
    ['the end, which is outside', 1020, 0],
    ['the last minute', 1019, 1],
    ['the night', 0, 2],
    ['late', 1400, 2],
    ['the morning after', 359, 2],
    ['its end', 360, 0],
  ])('by the time of day: %s', (_, minuteOfDay, rung) => {
    const policy = scheduled(
      [
        { from: '09:00', until: '17:00', policy: to('day', 1) },
        { from: '22:30', until: '06:00', policy: to('night', 2) },
      ],
      to('otherwise', 0),
    );
    expect(policy.decide(...lasting(1, snapshot({ minuteOfDay }))).rung).toBe(rung);
  });

  test.each<[what: string, compose: () => Policy, message: RegExp]>([
    [
      'a rung that there is not',
      () => pinned('lighter', policies.standard),
      /no rung 'lighter'; there are 0 'requested'/,
    ],
    ['a number that there is not', () => atMost(6, policies.standard), /no rung 6/],
    ['half a rung', () => atMost(0.5, policies.standard), /no rung 0.5/],
    ['ladders that differ', () => firstOf(policies.standard, policies.echo), /'echo' has others than 'standard'/],
    [
      'a time that is none',
      () => scheduled([{ from: '24:00', until: '06:00', policy: policies.standard }], policies.standard),
      /'24:00' is no time of day/,
    ],
    [
      'ladders that differ by day',
      () => scheduled([{ from: '20:00', until: '06:00', policy: policies.echo }], policies.standard),
      /same rungs/,
    ],
  ])('are refused with %s', (_, compose, message) => {
    expect(compose).toThrow(message);
    expect(compose).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  });
});
