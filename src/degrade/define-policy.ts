import { EngineError } from '../errors.js';
import { checkedRungs } from './ladder-check.js';
import type { Decision, History, Policy } from './policy.js';
import type { Rung } from './rung.js';
import type { LoadSnapshot } from './snapshot.js';
import { standardPolicy } from './standard-policy.js';
import { standardRungs } from './standard-rungs.js';
import { checkedThresholds, type Thresholds } from './thresholds.js';

/** A policy of your own: other rungs, other numbers for the standard rule, or another rule. */
export interface PolicyDefinition {
  readonly name: string;
  /** @defaultValue those of the standard policy */
  readonly rungs?: readonly Rung[] | undefined;
  /** Numbers of the standard rule; not together with `decide`, which has its own. @defaultValue those of the standard policy */
  readonly thresholds?: Partial<Thresholds> | undefined;
  /** The rule. Pure: no clock, no chance, nothing kept from call to call. @defaultValue the standard rule */
  readonly decide?: ((snapshot: LoadSnapshot, history: History) => Decision) | undefined;
}

/**
 * A policy whose ladder leads down and back, and whose numbers make sense.
 * @throws EngineError `OPTION_INVALID` for a ladder that cannot be climbed back, a rung that changes nothing, thresholds
 * that cross, and numbers that are none
 */
export function definePolicy(definition: PolicyDefinition): Policy {
  const { name, rungs = standardRungs, thresholds, decide } = definition;
  if (typeof name !== 'string' || name.trim() === '') throw invalid('A policy needs a `name`.');
  const ladder = checkedRungs(rungs);
  if (decide === undefined) return standardPolicy(name, ladder, checkedThresholds(thresholds ?? {}));
  if (typeof decide !== 'function') throw invalid(`\`decide\` of policy '${name}' must be a function.`);
  if (thresholds !== undefined) {
    throw invalid(
      `Policy '${name}' has its own \`decide\`; \`thresholds\` are for the standard rule and would do nothing.`,
    );
  }
  return { name, rungs: ladder, decide };
}

function invalid(message: string): EngineError {
  return new EngineError('OPTION_INVALID', message);
}
