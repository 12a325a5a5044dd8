import { EngineError } from '../errors.js';

/** `LIMIT_REACHED`, with when to come back: what `Retry-After` says. */
export class LimitReached extends EngineError {
  /** Whole seconds, at least 1. */
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super('LIMIT_REACHED', message);
    this.retryAfterSeconds = Math.max(1, Math.ceil(retryAfterSeconds));
  }
}
