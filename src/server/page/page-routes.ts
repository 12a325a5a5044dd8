import type { FastifyReply, FastifyRequest } from 'fastify';
import { healthOf } from '../../engine/health.js';
import { bearerKey } from '../bearer-key.js';
import type { ServerParts } from '../server-parts.js';
import type { LiveTexts } from './heard.js';
import { pageFiles } from './page-files.js';
import { type ServerState, serverState, type UploadCounts } from './server-state.js';
import { StateFeed } from './state-feed.js';

/** The page loads nothing from elsewhere, and runs nothing that is not a file of its own. */
const pageHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'permissions-policy': 'microphone=(self), camera=(), geolocation=()',
  // Another version of the server has other files under the same names.
  'cache-control': 'no-cache',
};

type StateParts = Pick<ServerParts, 'app' | 'engine' | 'gate' | 'clock' | 'draining'>;

export interface PageParts extends StateParts {
  readonly options: Pick<ServerParts['options'], 'page'>;
}

/** The state at `/v1/state` and, where it is wanted, the page at `/` that shows it. */
export function pageRoutes(parts: PageParts, live: LiveTexts, uploads: () => UploadCounts): void {
  stateRoute(parts, live, uploads);
  if (!parts.options.page) return;
  // Not part of what the OpenAPI document describes.
  const schema = { hide: true };
  for (const [path, { contentType, body, etag }] of pageFiles()) {
    const send = (request: FastifyRequest, reply: FastifyReply) => {
      reply.headers({ ...pageHeaders, etag });
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return reply.type(contentType).send(body);
    };
    parts.app.get(path === '/page/index.html' ? '/' : path, { schema }, send);
  }
}

function stateRoute(
  { app, engine, gate, clock, draining }: StateParts,
  live: LiveTexts,
  uploads: () => UploadCounts,
): void {
  const read = (): ServerState =>
    serverState({
      snapshot: engine.snapshot(),
      health: healthOf(engine.model.state, false),
      history: engine.ladder.history,
      uploads: uploads(),
      isDraining: draining.aborted,
    });
  const feed = new StateFeed({ clock, read, live });
  app.get('/v1/state', (request, reply) => {
    const { name } = gate.admit(bearerKey(request.headers));
    reply.header('cache-control', 'no-store').header('vary', 'accept');
    if (request.headers.accept?.includes('text/event-stream') !== true) return reply.send(read());
    // A proxy that gathers what it is sent would hold the state back.
    return reply.type('text/event-stream; charset=utf-8').header('x-accel-buffering', 'no').send(feed.watch(name));
  });
}
