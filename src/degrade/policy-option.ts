import { inspect } from 'node:util';
import { EngineError } from '../errors.js';
import { checkedRungs } from './ladder-check.js';
import { policies } from './policies.js';
import type { Policy } from './policy.js';

/** Stays on the plan as requested. */
const off: Policy = {
  name: 'off',
  rungs: [{ name: 'requested', plan: {} }],
  decide: () => ({ rung: 0, reason: 'The ladder is off.', evidence: {} }),
};

/**
 * The policy that an option stands for.
 * @throws EngineError `OPTION_INVALID`
 */
export function policyOption(option: Policy | keyof typeof policies | false = 'standard'): Policy {
  if (option === false) return off;
  if (typeof option === 'string' && Object.hasOwn(policies, option)) return policies[option];
  const { name, rungs, decide } = isObject(option) ? option : ({} as Partial<Policy>);
  if (typeof name !== 'string' || rungs === undefined || typeof decide !== 'function') {
    const names = Object.keys(policies).join(', ');
    throw new EngineError(
      'OPTION_INVALID',
      `\`degrade\` is ${inspect(option, { depth: 0 })}; give ${names}, a policy of \`definePolicy\`, or false.`,
    );
  }
  checkedRungs(rungs);
  return option as Policy;
}

function isObject(option: unknown): option is Partial<Policy> {
  return typeof option === 'object' && option !== null;
}
