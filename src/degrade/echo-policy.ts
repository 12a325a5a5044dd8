import type { Policy } from './policy.js';
import { rtfPolicy } from './rtf-rule.js';
import type { Rung } from './rung.js';

const addedSeconds = [0.5, 1, 1.5, 2];

const rungs: readonly Rung[] = [
  { name: 'requested', plan: {} },
  ...addedSeconds.map((seconds): Rung => ({ name: `chunks +${seconds} s`, plan: {}, addedChunkSeconds: 0.5 })),
  { name: 'smaller model', plan: {}, model: 'smaller' },
  { name: 'secondary source off', plan: {}, shed: { finalsOf: ['background'] } },
];
const [longest, smaller, last] = [addedSeconds.length, addedSeconds.length + 1, addedSeconds.length + 2];

/**
 * The simple ladder of a desktop recorder: RTF above 0.8, chunks grow by 0.5 s; above 1.0, a smaller model; above 1.2, the
 * secondary source, `background`, is off. Back one rung below 0.7. A crash leads to the fallback provider whatever the
 * policy, so it is no rung.
 */
export const echoPolicy: Policy = rtfPolicy({
  name: 'echo',
  rungs,
  levels: [
    { above: 1.2, first: last, last },
    { above: 1, first: smaller, last: smaller },
    { above: 0.8, first: 1, last: longest },
  ],
  recoverBelow: 0.7,
  restSeconds: ({ chunkSeconds }) => Math.min(chunkSeconds, 15),
});
