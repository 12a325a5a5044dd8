import type { FastifyInstance } from 'fastify';
import type { Clock } from '../clock.js';
import type { Engine } from '../engine/engine.js';
import type { LeaseDirectory } from '../queue/lease-directory.js';
import type { Logger } from '../telemetry/log.js';
import type { Gate } from './gate.js';
import type { ResolvedServerOptions } from './options.js';

/** What every group of routes is made from: `openAiRoutes(parts)`, `liveRoute(parts)`, `pageRoutes(parts)` … */
export interface ServerParts {
  readonly app: FastifyInstance;
  readonly engine: Engine;
  readonly options: ResolvedServerOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who may come in. */
  readonly gate: Gate;
  readonly leases: LeaseDirectory | undefined;
  /** Aborted when the server begins to drain: nothing new is accepted. */
  readonly draining: AbortSignal;
}
