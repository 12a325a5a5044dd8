import { describe, EngineError } from '../errors.js';
import type { Decision, History, Policy } from './policy.js';
import type { LoadSnapshot } from './snapshot.js';
import { standardPolicy } from './standard-policy.js';
import { standardThresholds } from './thresholds.js';

/** A policy that was put aside. */
export interface PolicyFault {
  readonly policy: string;
  readonly atSeconds: number;
  /** `OPTION_INVALID`, with what the policy threw as its cause. */
  readonly error: EngineError;
}

/**
 * The policy, until it throws or returns nonsense; then the standard rule over the same rungs, for good. `onFault` hears
 * of it, once.
 */
export function safely(policy: Policy, onFault: (fault: PolicyFault) => void): Policy {
  let standIn: Policy | undefined;
  return {
    name: policy.name,
    rungs: policy.rungs,
    decide(snapshot: LoadSnapshot, history: History): Decision {
      if (standIn) return standIn.decide(snapshot, history);
      try {
        return sensible(policy.decide(snapshot, history), policy.rungs.length);
      } catch (thrown) {
        standIn = standardPolicy('standard', policy.rungs, standardThresholds);
        tell(onFault, { policy: policy.name, atSeconds: snapshot.atSeconds, error: faultOf(policy, thrown) });
        return standIn.decide(snapshot, history);
      }
    },
  };
}

/** @throws Error that says what is wrong with it */
function sensible(decision: Decision, rungs: number): Decision {
  // It comes from a user's function.
  if (typeof decision !== 'object' || (decision as unknown) === null) throw new Error('it returned no decision');
  const { rung, reason, evidence } = decision;
  if (!(Number.isInteger(rung) && rung >= 0 && rung < rungs)) {
    throw new Error(`it chose rung ${String(rung)} of 0 … ${rungs - 1}`);
  }
  if (typeof reason !== 'string' || reason.trim() === '') throw new Error('it gave no reason');
  if (typeof evidence !== 'object' || (evidence as unknown) === null) throw new Error('it gave no evidence');
  const wrong = Object.entries(evidence).find(([, value]) => !Number.isFinite(value));
  if (wrong) throw new Error(`its evidence \`${wrong[0]}\` is ${String(wrong[1])}`);
  return decision;
}

function faultOf({ name }: Policy, thrown: unknown): EngineError {
  return new EngineError(
    'OPTION_INVALID',
    `The policy '${name}' failed: ${describe(thrown)}. From now on the standard policy decides, over the same rungs.`,
    { cause: thrown },
  );
}

function tell(onFault: (fault: PolicyFault) => void, fault: PolicyFault): void {
  try {
    onFault(fault);
  } catch {
    // Whoever listens must not stop the ladder.
  }
}
