import type { ServerParts } from './server-parts.js';

/** `/health/live`: the process answers. `/health/ready`: the model is warm on every slot, and the server is not ending. */
export function healthRoutes({ app, engine, draining }: ServerParts): void {
  app.get('/health/live', { schema: { summary: 'Whether the process answers', tags: ['operation'] } }, () => ({
    status: 'live',
  }));
  const schema = { summary: 'Whether the model is warm on every slot: 200 or 503', tags: ['operation'] };
  app.get('/health/ready', { schema }, async (_, reply) => {
    const { status, level, model } = await engine.health();
    const isReady = status === 'ready' && level === 3 && !draining.aborted;
    return reply.code(isReady ? 200 : 503).send({
      status: draining.aborted ? 'draining' : status,
      level,
      // Paths of this machine are nobody's business.
      ...(model.kind === 'ready' && { model: model.result.actual.model, variant: model.result.actual.variant }),
      ...(model.kind === 'loading' && { progress: model.progress }),
      ...(model.kind === 'failed' && { code: model.error.code }),
    });
  });
}
