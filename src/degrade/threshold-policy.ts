import type { Policy } from './policy.js';
import { rtfPolicy } from './rtf-rule.js';
import { standardRungs } from './standard-rungs.js';

/**
 * Fixed thresholds on the mean RTF over the standard rungs, without memory: what most services do, and what the standard
 * policy is compared with. It moves to and fro, because nothing counts the demand that is shed.
 */
export const thresholdPolicy: Policy = rtfPolicy({
  name: 'thresholds',
  rungs: standardRungs,
  levels: [
    { above: 1.2, first: standardRungs.length - 2, last: standardRungs.length - 1 },
    { above: 1, first: 3, last: 3 },
    { above: 0.8, first: 1, last: 1 },
  ],
  recoverBelow: 0.7,
  restSeconds: () => 0,
});
