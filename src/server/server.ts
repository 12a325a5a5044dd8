import type { AddressInfo } from 'node:net';
import { systemClock } from '../clock.js';
import { createEngine, type Engine } from '../engine/engine.js';
import { describe, EngineError } from '../errors.js';
import { checkedLogger } from '../telemetry/log.js';
import { anonymousGate } from './anonymous-gate.js';
import { healthRoutes } from './health-routes.js';
import { httpApp } from './http-app.js';
import { openGate } from './keys/open-gate.js';
import { liveRoute } from './live/live-route.js';
import { metricsRoutes } from './metrics-routes.js';
import { modelRoutes } from './model-routes.js';
import { openApiRoutes } from './open-api-routes.js';
import { openAiRoutes } from './openai/openai-routes.js';
import type { ServerOptions } from './options.js';
import { pageRoutes } from './page/page-routes.js';
import { resolveServerOptions } from './resolve-options.js';
import type { ServerParts } from './server-parts.js';

/**
 * Starts an engine and serves it over HTTP. It resolves when it listens: the model is ready then, unless the engine's
 * options say that it is loaded in the background or lazily.
 * @throws EngineError `OPTION_INVALID`, and all that `createEngine` throws
 */
export async function createServer(options: ServerOptions = {}): Promise<WhisperpoolServer> {
  const logger = checkedLogger(options.logger);
  // Loading a model takes a while: what is wrong is said before.
  resolveServerOptions(options, 1);
  const engine = await createEngine({ logger: options.logger, ...options.engine });
  try {
    const resolved = resolveServerOptions(options, engine.plan.slots);
    const ending = new AbortController();
    const limits = { session: undefined, transcription: resolved.transcriptionLimit };
    const { keysFile } = resolved;
    const parts: ServerParts = {
      app: await httpApp({ options: resolved, clock: systemClock, logger, draining: ending.signal }),
      engine,
      options: resolved,
      clock: systemClock,
      logger,
      gate: keysFile === undefined ? anonymousGate(limits) : openGate({ keysFile, limits, clock: systemClock, logger }),
      leases: options.leases,
      draining: ending.signal,
    };
    const running = await routes(parts);
    await listen(parts, running);
    return new WhisperpoolServer(parts, ending, running);
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** Seconds that those who are stopped have to be told. */
const farewellSeconds = 1;

/** What runs behind a group of routes. */
interface Running {
  /** Resolves when what runs has ended; nothing more is accepted. */
  drain(): Promise<void>;
  /** Ends what still runs. */
  abort?(reason: EngineError): void;
  /** After the last connection is closed. */
  close?(): Promise<void>;
}

/** Every group of routes; each describes itself in the OpenAPI document. */
async function routes(parts: ServerParts): Promise<readonly Running[]> {
  await openApiRoutes(parts);
  healthRoutes(parts);
  await metricsRoutes(parts);
  modelRoutes(parts);
  const transcriptions = await openAiRoutes(parts);
  const live = liveRoute(parts);
  const limit = parts.options.transcriptionLimit;
  pageRoutes(parts, live, () => ({ running: transcriptions.running, limit }));
  return [transcriptions, live];
}

/** @throws EngineError `OPTION_INVALID` */
async function listen({ app, options: { host, port } }: ServerParts, running: readonly Running[]): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    for (const one of running) await one.close?.();
    throw new EngineError('OPTION_INVALID', `The server cannot listen on ${host}, port ${port}: ${describe(cause)}`, {
      cause,
    });
  }
}

/** A server that runs. Make one with `createServer`. */
export class WhisperpoolServer implements AsyncDisposable {
  readonly engine: Engine;
  /** Where it listens: `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly #parts: ServerParts;
  readonly #ending: AbortController;
  readonly #running: readonly Running[];
  #closing: Promise<void> | undefined;

  /** @internal Use `createServer`. */
  constructor(parts: ServerParts, ending: AbortController, running: readonly Running[]) {
    this.engine = parts.engine;
    const { address, family, port } = parts.app.server.address() as AddressInfo;
    this.url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
    this.#parts = parts;
    this.#ending = ending;
    this.#running = running;
  }

  /**
   * Ends it gracefully: new work is refused with `SERVER_DRAINING`, what runs has `drainSeconds` to end, then all is closed.
   * Never rejects.
   */
  async drain(): Promise<void> {
    this.#ending.abort();
    await this.#drained(this.#parts.options.drainSeconds);
    await this.close();
  }

  /** Ends it at once: what runs is stopped. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#closing ??= this.#close();
    await this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  async #close(): Promise<void> {
    const reason = new EngineError('SERVER_DRAINING', 'The server has ended before this was done.');
    for (const one of this.#running) one.abort?.(reason);
    // So that they are told.
    await this.#drained(farewellSeconds);
    await this.#parts.app.close();
    for (const one of this.#running) await one.close?.();
    await this.engine.close({ force: true });
  }

  /** Waits for what runs, at most so long. */
  async #drained(seconds: number): Promise<void> {
    const drained = Promise.allSettled(this.#running.map((one) => one.drain()));
    await new Promise<void>((resolve) => {
      const stop = this.#parts.clock.after(seconds, resolve);
      void drained.then(() => {
        stop();
        resolve();
      });
    });
  }
}
