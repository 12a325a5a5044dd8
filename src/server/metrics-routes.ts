import { Registry } from 'prom-client';
import { bearerKey } from './bearer-key.js';
import { errorResponses, guarded } from './open-api-parts.js';
import type { ServerParts } from './server-parts.js';

/** `GET /metrics` for Prometheus. It tells how busy the server is, so it asks for a key like everything else. */
export async function metricsRoutes({ app, engine, gate }: ServerParts): Promise<void> {
  const registry = new Registry();
  await engine.metrics.register({ registry });
  const response = {
    200: { description: 'The metrics as text', content: { 'text/plain': { schema: { type: 'string' } } } },
    ...errorResponses([401, 429]),
  };
  app.get(
    '/metrics',
    { schema: { summary: 'Metrics for Prometheus', tags: ['operation'], response, ...guarded } },
    async (request, reply) => {
      gate.admit(bearerKey(request.headers));
      return reply.type(registry.contentType).send(await registry.metrics());
    },
  );
}
