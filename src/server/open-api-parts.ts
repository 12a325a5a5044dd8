import { STATUS_CODES } from 'node:http';

/** A route that asks for a key, where the server has keys. */
export const guarded = { security: [{ key: [] }] };

const errorSchema = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: ['string', 'null'] },
        code: { type: 'string' },
      },
      required: ['message', 'type', 'param', 'code'],
    },
  },
  required: ['error'],
};

/** Errors as they are described in the OpenAPI document. */
export function errorResponses(statuses: readonly number[]) {
  const content = { 'application/json': { schema: errorSchema } };
  return Object.fromEntries(
    statuses.map((status) => [status, { description: STATUS_CODES[status] ?? 'Error', content }]),
  );
}
