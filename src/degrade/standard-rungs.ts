import type { Rung } from './rung.js';

/** The ladder that an engine comes with. It never gives up what is critical. */
export const standardRungs: readonly Rung[] = [
  { name: 'requested', plan: {} },
  {
    name: 'longer chunks',
    plan: { chunkSeconds: Number.POSITIVE_INFINITY, beamSize: 1, partialEverySeconds: undefined },
  },
  { name: 'trimmed encoder', plan: { encoderContext: 'trimmed' } },
  { name: 'smaller model', plan: {}, model: 'smaller' },
  { name: 'background dropped', plan: {}, shed: { finalsOf: ['background'] } },
  { name: 'only critical', plan: {}, shed: { spool: ['background', 'normal'] } },
];
