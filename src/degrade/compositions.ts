import { isDeepStrictEqual } from 'node:util';
import { EngineError } from '../errors.js';
import type { Decision, Policy } from './policy.js';
import type { Rung } from './rung.js';
import type { LoadSnapshot } from './snapshot.js';

/**
 * The first of them that wants another rung than the one in force decides.
 * @throws EngineError `OPTION_INVALID` when their rungs are not the same
 */
export function firstOf(...policies: readonly [Policy, ...Policy[]]): Policy {
  const [first] = policies;
  const rungs = sharedRungs('firstOf', policies);
  return {
    name: `first of ${policies.map(({ name }) => name).join(', ')}`,
    rungs,
    decide(snapshot, history) {
      for (const policy of policies) {
        const decision = policy.decide(snapshot, history);
        if (decision.rung !== snapshot.rung) return decision;
      }
      return first.decide(snapshot, history);
    },
  };
}

/**
 * Never further down than this rung, by name or number.
 * @throws EngineError `OPTION_INVALID` for a rung that there is not
 */
export function atMost(rung: number | string, policy: Policy): Policy {
  const last = rungOf(rung, policy.rungs);
  const name = policy.rungs[last]?.name ?? '';
  return {
    name: `${policy.name}, at most ${name}`,
    rungs: policy.rungs,
    decide(snapshot, history) {
      const decision = policy.decide(snapshot, history);
      if (decision.rung <= last) return decision;
      return { ...decision, rung: last, reason: `At most '${name}' is allowed. ${decision.reason}` };
    },
  };
}

/** Steps down only while the condition holds, which must be pure; steps up whenever the policy says so. */
export function onlyWhen(condition: (snapshot: LoadSnapshot) => boolean, policy: Policy): Policy {
  return {
    name: `${policy.name}, on a condition`,
    rungs: policy.rungs,
    decide(snapshot, history) {
      const decision = policy.decide(snapshot, history);
      if (decision.rung <= snapshot.rung || condition(snapshot)) return decision;
      const reason = `The condition for a step down does not hold. ${decision.reason}`;
      return { ...decision, rung: snapshot.rung, reason };
    },
  };
}

/**
 * Always this rung, by name or number.
 * @throws EngineError `OPTION_INVALID` for a rung that there is not
 */
export function pinned(rung: number | string, { name: of, rungs }: Policy): Policy {
  const to = rungOf(rung, rungs);
  const name = rungs[to]?.name ?? '';
  const decision: Decision = { rung: to, reason: `Rung ${to}, '${name}', is pinned.`, evidence: { pinnedRung: to } };
  return { name: `${of}, pinned to ${name}`, rungs, decide: () => decision };
}

/** A part of the day, and who decides then. `until` before `from` goes over midnight. */
export interface Period {
  /** `HH:MM`, where the engine runs; the minute itself belongs to it. */
  readonly from: string;
  /** `HH:MM`; the minute itself does not belong to it. */
  readonly until: string;
  readonly policy: Policy;
}

/**
 * By the time of day: the first period that it is in decides, outside of all `otherwise`.
 * @throws EngineError `OPTION_INVALID` for a time that is none, and when their rungs are not the same
 */
export function scheduled(periods: readonly Period[], otherwise: Policy): Policy {
  const rungs = sharedRungs('scheduled', [otherwise, ...periods.map(({ policy }) => policy)]);
  const spans = periods.map(({ from, until, policy }) => ({ from: minuteOf(from), until: minuteOf(until), policy }));
  const rulingAt = (minute: number) =>
    spans.find(({ from, until }) =>
      from < until ? minute >= from && minute < until : minute >= from || minute < until,
    )?.policy ?? otherwise;
  return {
    name: `${otherwise.name}, by the time of day`,
    rungs,
    decide: (snapshot, history) => rulingAt(snapshot.minuteOfDay).decide(snapshot, history),
  };
}

function sharedRungs(composition: string, policies: readonly Policy[]): readonly Rung[] {
  const [first] = policies;
  if (!first) throw invalid(`\`${composition}\` needs a policy.`);
  const other = policies.find(({ rungs }) => !isDeepStrictEqual(rungs, first.rungs));
  if (!other) return first.rungs;
  throw invalid(
    `\`${composition}\` needs policies over the same rungs; '${other.name}' has others than '${first.name}'.`,
  );
}

function rungOf(rung: number | string, rungs: readonly Rung[]): number {
  const index = typeof rung === 'number' ? rung : rungs.findIndex(({ name }) => name === rung);
  if (rungs[index]) return index;
  const names = rungs.map(({ name }, at) => `${at} '${name}'`).join(', ');
  throw invalid(`There is no rung ${typeof rung === 'number' ? String(rung) : `'${rung}'`}; there are ${names}.`);
}

function minuteOf(time: string): number {
  const [, hours = '', minutes = ''] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time) ?? [];
  if (hours === '') throw invalid(`'${time}' is no time of day; give it as HH:MM.`);
  return Number(hours) * 60 + Number(minutes);
}

function invalid(message: string): EngineError {
  return new EngineError('OPTION_INVALID', message);
}
