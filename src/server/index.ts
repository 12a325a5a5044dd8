export type { Caller, Gate, KeyLimits } from './gate.js';
export type { ServerOptions } from './options.js';
