import { bearerKey } from './bearer-key.js';
import { errorResponses, guarded } from './open-api-parts.js';
import { requireServed, servedModel } from './openai/served-model.js';
import type { ServerParts } from './server-parts.js';

const modelSchema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    object: { const: 'model' },
    created: { type: 'integer' },
    owned_by: { type: 'string' },
  },
  required: ['id', 'object', 'created', 'owned_by'],
};

/** `GET /v1/models` and `/v1/models/:id`, as OpenAI has them: the one model of the engine. */
export function modelRoutes({ app, engine, gate }: ServerParts): void {
  const created = Math.floor(Date.now() / 1000);
  const model = (id: string) => ({ id, object: 'model', created, owned_by: 'whisperpool' });

  app.get(
    '/v1/models',
    { schema: { summary: 'The model that is served', tags: ['models'], response: list, ...guarded } },
    (request) => {
      gate.admit(bearerKey(request.headers));
      const name = servedModel(engine);
      return { object: 'list', data: name === undefined ? [] : [model(name)] };
    },
  );
  app.get<{ Params: { id: string } }>(
    '/v1/models/:id',
    { schema: { summary: 'One model', tags: ['models'], params: idSchema, response: one, ...guarded } },
    (request) => {
      gate.admit(bearerKey(request.headers));
      requireServed(engine, request.params.id);
      return model(request.params.id);
    },
  );
}

const json = (schema: object) => ({ description: 'OK', content: { 'application/json': { schema } } });
const idSchema = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
const list = {
  200: json({
    type: 'object',
    properties: { object: { const: 'list' }, data: { type: 'array', items: modelSchema } },
    required: ['object', 'data'],
  }),
  ...errorResponses([401, 429]),
};
const one = { 200: json(modelSchema), ...errorResponses([401, 404, 429]) };
