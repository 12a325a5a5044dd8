import { describe, expect, test } from 'vitest';
import { backoffSeconds } from '../../dist/client/backoff.js';
import {
  afterAttempt,
  afterFailure,
  type Breaker,
  closedBreaker,
  closedForSeconds,
} from '../../dist/client/breaker.js';
import type { ConnectionEnd } from '../../dist/client/connection-end.js';
import { type ConnectionAct, firstState, nextState } from '../../dist/client/connection-state.js';
import { EngineError } from '../../dist/errors.js';

const middle = () => 0.5;

describe('backoff', () => {
  test('doubles from a second to a minute', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7, 14].map((failures) => backoffSeconds(failures, middle))).toEqual([
      1, 2, 4, 8, 16, 32, 60, 60, 60,
    ]);
  });

  test('is a fifth shorter or longer by chance', () => {
    expect(backoffSeconds(3, () => 0)).toBeCloseTo(6.4);
    expect(backoffSeconds(3, () => 1)).toBeCloseTo(9.6);
  });
});

describe('a breaker', () => {
  const failing = (...atSeconds: readonly number[]) => atSeconds.reduce(afterFailure, closedBreaker);

  test.each<[name: string, breaker: Breaker, atSeconds: number, waitSeconds: number]>([
    ['lets anybody try at first', closedBreaker, 0, 0],
    ['lets try after four failures', failing(1, 2, 3, 4), 5, 0],
    ['opens for a minute at the fifth', failing(1, 2, 3, 4, 10), 10, 60],
    ['counts only the last minute', failing(1, 20, 40, 50, 61), 61, 0],
    ['lets one try after the minute', failing(1, 2, 3, 4, 10), 70, 0],
    ['opens again when that one fails', afterFailure(afterAttempt(failing(1, 2, 3, 4, 10)), 72), 72, 60],
  ])('%s', (_name, breaker, atSeconds, waitSeconds) => {
    expect(closedForSeconds(breaker, atSeconds)).toBe(waitSeconds);
  });
});

describe('a connection', () => {
  const closed = (end: Partial<ConnectionEnd>, nowSeconds = 0): ConnectionAct => {
    return { kind: 'closed', end: { code: 1006, reason: 'It broke.', ...end }, nowSeconds, chance: middle };
  };
  const dial: ConnectionAct = { kind: 'dial' };
  const live: readonly ConnectionAct[] = [dial, { kind: 'answered' }, { kind: 'useful' }];
  const after = (...acts: readonly ConnectionAct[]) => acts.reduce(nextState, firstState).shown;
  const keyRefused = new EngineError('KEY_REFUSED', 'This key is not known.');

  test.each<[name: string, acts: readonly ConnectionAct[], shown: object]>([
    ['is connecting at first', [], { kind: 'connecting', attempt: 0 }],
    ['is live when it is answered', live, { kind: 'live' }],
    ['is tried again after a second', [...live, closed({})], { kind: 'waiting', attempt: 1, retryInSeconds: 1 }],
    [
      'waits twice as long when it fails again',
      [...live, closed({}), dial, closed({})],
      { kind: 'waiting', attempt: 2, retryInSeconds: 2 },
    ],
    [
      'is no success when nothing was acknowledged on it',
      [...live, closed({}), dial, { kind: 'answered' }, closed({})],
      { kind: 'waiting', attempt: 2, retryInSeconds: 2 },
    ],
    [
      'begins anew when something was',
      [...live, closed({}), ...live, closed({})],
      { kind: 'waiting', attempt: 1, retryInSeconds: 1 },
    ],
    ['says how often it has been tried', [dial, closed({}), dial], { kind: 'connecting', attempt: 1 }],
    ['is over after a clean close', [...live, closed({ code: 1000 })], { kind: 'ended' }],
    [
      'is refused with the server’s error',
      [dial, closed({ code: 4401, error: keyRefused })],
      { kind: 'refused', error: keyRefused },
    ],
    ['is refused for what is not understood', [...live, closed({ code: 4400 })], { kind: 'refused' }],
    ['is refused for broken frames', [...live, closed({ code: 1002 })], { kind: 'refused' }],
    ['comes when a full server says', [dial, closed({ code: 4429, retryAfterSeconds: 7 })], { retryInSeconds: 7 }],
    ['comes back at once to a server that restarts', [...live, closed({ code: 1012 })], { retryInSeconds: 0.25 }],
    [
      'does not insist on that',
      [...live, closed({ code: 1012 }), dial, closed({ code: 1012 })],
      { kind: 'waiting', attempt: 2, retryInSeconds: 2 },
    ],
    ['goes elsewhere at once', [...live, closed({ code: 4307 })], { retryInSeconds: 0 }],
    ['opens another session at once', [...live, closed({ code: 4404 })], { retryInSeconds: 0 }],
    ['comes back when it was replaced by one of its own', [...live, closed({ code: 4409 })], { retryInSeconds: 1 }],
    [
      'waits for the breaker, too',
      [0, 1, 2, 3, 4].map((at) => closed({}, at)),
      { kind: 'waiting', attempt: 5, retryInSeconds: 60 },
    ],
    [
      'is lost after 15 attempts',
      Array.from({ length: 16 }, (_, at) => closed({}, 100 * at)),
      { kind: 'lost', error: expect.objectContaining({ code: 'CONNECTION_LOST' }) },
    ],
    [
      'is not lost before',
      Array.from({ length: 15 }, (_, at) => closed({}, 100 * at)),
      { kind: 'waiting', attempt: 15, retryInSeconds: 60 },
    ],
    [
      'can be tried by hand when it is lost',
      [...Array.from({ length: 16 }, (_, at) => closed({}, 100 * at)), { kind: 'reconnect' }],
      { kind: 'connecting', attempt: 0 },
    ],
    ['stays refused', [dial, closed({ code: 4401 }), { kind: 'reconnect' }, dial], { kind: 'refused' }],
    ['stays ended', [...live, { kind: 'end' }, closed({}), dial], { kind: 'ended' }],
  ])('%s', (_name, acts, shown) => {
    expect(after(...acts)).toMatchObject(shown);
  });
});
