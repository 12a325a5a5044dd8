import { EngineError } from '../errors.js';
import type { Reply } from './protocol.js';

/** Runs a task; whatever it throws becomes the answer, so that a worker never dies of an error. */
export async function reply<Result>(run: () => Result | Promise<Result>): Promise<Reply<Result>> {
  try {
    return { ok: true, result: await run() };
  } catch (thrown) {
    return { ok: false, error: EngineError.from(thrown, 'INTERNAL', 'A worker met an unexpected error.').toWire() };
  }
}
