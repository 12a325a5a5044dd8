export type { Caller, Gate, KeyLimits } from './gate.js';
export type { ServerOptions } from './options.js';
export { createServer, type WhisperpoolServer } from './server.js';
