import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import { isHostAllowed, isOriginAllowed } from './caller-place.js';
import { type ErrorAnswer, errorAnswer } from './error-answer.js';
import type { ServerParts } from './server-parts.js';

export type HttpAppParts = Pick<ServerParts, 'options' | 'clock' | 'logger' | 'draining'>;

/** Seconds that a client is listened to which still sends although it has its answer, so that it reads that answer. */
const lingerSeconds = 5;

/** HTTP without any route: time limits, headers, errors in one form, a line of the log a request. */
export async function httpApp({ options, clock, logger, draining }: HttpAppParts): Promise<FastifyInstance> {
  const requestMilliseconds = options.requestSeconds * 1000;
  const app = fastify({
    logger: false,
    genReqId: () => randomUUID(),
    requestTimeout: requestMilliseconds,
    keepAliveTimeout: 10_000,
    forceCloseConnections: true,
    http: {
      headersTimeout: requestMilliseconds / 10,
      // Node looks for those who are late this often.
      connectionsCheckingInterval: Math.min(30_000, requestMilliseconds / 20),
    },
  });
  // Only what a route asks for is read, and it is checked with words of its own; schemas describe.
  app.removeAllContentTypeParsers();
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (body) => JSON.stringify(body));
  await app.register(helmet, {
    hsts: false, // for whoever terminates TLS to decide
    // The page has a policy of its own.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
  });
  if (options.corsOrigins.length > 0) {
    await app.register(cors, {
      origin: [...options.corsOrigins],
      exposedHeaders: ['retry-after', 'x-request-id'],
    });
  }
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    const refusal = placeRefusal(request, options);
    if (refusal) {
      send(reply, errorAnswer(refusal, 403));
      return;
    }
    if (!draining.aborted) return;
    reply.header('connection', 'close');
    if (request.method === 'POST') {
      throw new EngineError('SERVER_DRAINING', 'The server is ending. Come back in a moment, or ask another one.');
    }
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions, raw } = request;
    if (!raw.complete) letGo(raw, clock);
    logger.info(
      {
        request: request.id,
        method,
        route: routeOptions.url,
        status: reply.statusCode,
        seconds: reply.elapsedTime / 1000,
      },
      'A request was answered.',
    );
  });
  app.setNotFoundHandler((request, reply) => {
    // A query may hold secrets.
    const [path = ''] = request.url.split('?');
    const allowed = app.supportedMethods.filter((method) => app.hasRoute({ method, url: path }));
    if (allowed.length > 0) {
      reply.header('allow', allowed.join(', '));
      const message = `${path} takes ${allowed.join(', ')}, not ${request.method}.`;
      send(reply, errorAnswer(new EngineError('OPTION_INVALID', message), 405));
      return;
    }
    const message = `There is no ${request.method} ${path}; /openapi.json says what there is.`;
    send(reply, errorAnswer(new EngineError('OPTION_INVALID', message), 404));
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const answer = answerFor(error);
    if (answer.status >= 500) logger.error({ request: request.id, error }, 'A request failed.');
    send(reply, answer);
  });
  return app;
}

/** A page in a browser of this machine must not use a server that lets everybody in, unless it is one of its own. */
function placeRefusal({ headers, method }: FastifyRequest, options: HttpAppParts['options']): EngineError | undefined {
  if (!isHostAllowed(headers, options)) {
    return new EngineError('KEY_REFUSED', 'This server is for this machine: call it localhost, or give it keys.');
  }
  if (options.keysFile !== undefined || method !== 'POST' || isOriginAllowed(headers, options)) return undefined;
  return new EngineError('KEY_REFUSED', 'Pages of this origin may not call; the server has a list of those that may.');
}

/** A client that still sends: it is listened to for a while, because closing at once would take its answer from it. */
function letGo(request: FastifyRequest['raw'], clock: Clock): void {
  request.unpipe();
  request.resume();
  request.once(
    'close',
    clock.after(lingerSeconds, () => request.socket.destroy()),
  );
}

function send(reply: FastifyReply, { status, retryAfterSeconds, body }: ErrorAnswer): void {
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  void reply.code(status).send(body);
}

function answerFor(error: FastifyError | EngineError): ErrorAnswer {
  if (error instanceof EngineError) return errorAnswer(error);
  const { statusCode = 500 } = error;
  if (statusCode >= 500) {
    return errorAnswer(new EngineError('INTERNAL', 'The server failed to answer. Its log says more.'));
  }
  return errorAnswer(new EngineError('PROTOCOL_BROKEN', `${STATUS_CODES[statusCode]}: ${error.message}`), statusCode);
}
