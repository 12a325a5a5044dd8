import { definePolicy } from './define-policy.js';
import { echoPolicy } from './echo-policy.js';
import type { Policy } from './policy.js';
import { thresholdPolicy } from './threshold-policy.js';

/** The policies that an engine comes with. */
export const policies = {
  /** The default: counts the load of every rung, and moves seldom. */
  standard: definePolicy({ name: 'standard' }),
  /** A simple one, by the RTF. */
  echo: echoPolicy,
  /** For comparison. */
  thresholds: thresholdPolicy,
} as const satisfies Readonly<Record<string, Policy>>;
