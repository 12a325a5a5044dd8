import { EngineError } from '../errors.js';

const failureLimit = 5;
const withinSeconds = 60;
const openSeconds = 60;

/** A circuit breaker: after five failures in a row within 60 s nobody tries for 60 s, then one attempt decides. */
export type Breaker =
  | { readonly kind: 'closed'; readonly failedAtSeconds: readonly number[] }
  | { readonly kind: 'open'; readonly untilSeconds: number }
  | { readonly kind: 'half-open' };

export const closedBreaker: Breaker = { kind: 'closed', failedAtSeconds: [] };

export function afterFailure(breaker: Breaker, nowSeconds: number): Breaker {
  switch (breaker.kind) {
    case 'closed': {
      const failedAtSeconds = [...breaker.failedAtSeconds, nowSeconds].filter((at) => nowSeconds - at < withinSeconds);
      return failedAtSeconds.length < failureLimit ? { kind: 'closed', failedAtSeconds } : opened(nowSeconds);
    }
    case 'open':
      return breaker;
    case 'half-open':
      return opened(nowSeconds);
    default:
      throw new EngineError('INTERNAL', `There is no such breaker: ${JSON.stringify(breaker satisfies never)}.`);
  }
}

/** Somebody tries: the attempt after the wait is the one that decides. */
export function afterAttempt(breaker: Breaker): Breaker {
  return breaker.kind === 'open' ? { kind: 'half-open' } : breaker;
}

/** How long nobody may try. */
export function closedForSeconds(breaker: Breaker, nowSeconds: number): number {
  return breaker.kind === 'open' ? Math.max(0, breaker.untilSeconds - nowSeconds) : 0;
}

function opened(nowSeconds: number): Breaker {
  return { kind: 'open', untilSeconds: nowSeconds + openSeconds };
}
