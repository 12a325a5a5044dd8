import swagger from '@fastify/swagger';
import type { ServerParts } from './server-parts.js';

const description =
  'Speech to text in the form of OpenAI. Live audio goes over the WebSocket at /v1/live, which OpenAPI cannot describe.';

/** `GET /openapi.json`: what the schemas of all routes say that are registered after this. */
export async function openApiRoutes({ app }: Pick<ServerParts, 'app'>): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'whisperpool', description, version: '1.0.0' },
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'Asked for where the server has keys.' },
        },
      },
    },
  });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}
