import { describe, expect, test, vi } from 'vitest';
import { SessionDesk } from '../../dist/session/session-desk.js';
import { ManualClock } from '../manual-clock.js';

interface Named {
  readonly name: string;
}

function deskWith(sessions: number, options: ConstructorParameters<typeof SessionDesk>[1] = {}) {
  const clock = new ManualClock(500);
  const desk = new SessionDesk<Named>(clock, options);
  const admitted = Array.from({ length: sessions }, (_, at) => ({ name: `session ${at + 1}` }));
  for (const session of admitted) desk.admit(session);
  const [first = { name: 'nobody' }] = admitted;
  return { clock, desk, first, admitted };
}

const nobody = { onExpire: () => undefined };
const another = { name: 'another' };
const withCode = (code: string): unknown => expect.objectContaining({ name: 'EngineError', code });

describe('a desk', () => {
  test('lets ten sessions in, and says to the eleventh how many there are', () => {
    const { desk, admitted } = deskWith(10);
    expect(() => desk.admit(another)).toThrow(withCode('SESSION_LIMIT'));
    expect(() => desk.admit(another)).toThrow(
      '10 sessions are open, and the limit is 10. Try again when one has ended, or raise the limit.',
    );
    expect(desk.sessions).toEqual(admitted);
  });

  test('lets the next one in when one has left', () => {
    const { desk, first } = deskWith(2, { limit: 2 });
    desk.leave(first);
    desk.leave(first);
    desk.admit(another);
    expect(() => desk.admit({ name: 'one too many' })).toThrow(withCode('SESSION_LIMIT'));
  });

  test('keeps the place of a detached one, and says when that expires at the latest', () => {
    const { desk, first, clock } = deskWith(2, { limit: 2 });
    desk.detach(first, nobody);
    clock.advance(17.5);
    expect(() => desk.admit(another)).toThrow(withCode('SESSION_LIMIT'));
    expect(() => desk.admit(another)).toThrow('in about 43 s');
    expect(desk.detached).toBe(1);
  });

  test('means the one that was left first', () => {
    const { desk, admitted, clock } = deskWith(3, { limit: 3 });
    for (const session of admitted) {
      desk.detach(session, nobody);
      clock.advance(10);
    }
    expect(() => desk.admit(another)).toThrow('in about 30 s');
  });

  test('counts a session that is admitted twice once', () => {
    const { desk, first } = deskWith(1, { limit: 2 });
    desk.admit(first);
    desk.admit(another);
    expect(desk.sessions).toHaveLength(2);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '10'])('refuses %s as its limit', (limit) => {
    expect(() => new SessionDesk(new ManualClock(), { limit: limit as number })).toThrow(withCode('OPTION_INVALID'));
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '60'])('refuses to wait %s seconds', (detachSeconds) => {
    const options = { detachSeconds: detachSeconds as number };
    expect(() => new SessionDesk(new ManualClock(), options)).toThrow(withCode('OPTION_INVALID'));
  });
});

describe('a detached session', () => {
  test('comes back by its token', () => {
    const { desk, first, clock } = deskWith(2);
    const onExpire = vi.fn();
    const token = desk.detach(first, { onExpire });
    clock.advance(59.9);
    expect(desk.resume(token)).toBe(first);
    expect(desk.detached).toBe(0);
    expect(clock.pending).toBe(0);
    clock.advance(1000);
    expect(onExpire).not.toHaveBeenCalled();
  });

  test('comes back once', () => {
    const { desk, first } = deskWith(1);
    const token = desk.detach(first, nobody);
    desk.resume(token);
    expect(() => desk.resume(token)).toThrow(withCode('SESSION_UNKNOWN'));
  });

  test('comes back and leaves as often as it likes, by a new token each time', () => {
    const { desk, first, clock } = deskWith(1);
    const tokens = Array.from({ length: 50 }, () => {
      const token = desk.detach(first, nobody);
      clock.advance(50);
      expect(desk.resume(token)).toBe(first);
      return token;
    });
    expect(new Set(tokens).size).toBe(50);
  });

  test('has tokens that nobody guesses', () => {
    const { desk, first } = deskWith(1);
    expect(desk.detach(first, nobody)).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });

  test('expires once, after a minute, and keeps its place until it leaves', () => {
    const { desk, first, clock } = deskWith(1, { limit: 1 });
    const onExpire = vi.fn();
    const token = desk.detach(first, { onExpire });
    clock.advance(59.9);
    expect(onExpire).not.toHaveBeenCalled();
    clock.advance(0.1);
    clock.advance(1000);
    expect(onExpire).toHaveBeenCalledTimes(1);
    expect(() => desk.resume(token)).toThrow(withCode('SESSION_UNKNOWN'));
    expect(() => desk.admit(another)).toThrow('Try again when one has ended, or raise the limit.');
    desk.leave(first);
    desk.admit(another);
  });

  test('can leave from within its expiry', () => {
    const { desk, first, clock } = deskWith(1, { limit: 1 });
    desk.detach(first, { onExpire: () => desk.leave(first) });
    clock.advance(60);
    expect(desk.sessions).toEqual([]);
  });

  test('waits as long as it is told to', () => {
    const { desk, first, clock } = deskWith(1, { detachSeconds: 5 });
    const onExpire = vi.fn();
    desk.detach(first, { onExpire });
    clock.advance(5);
    expect(onExpire).toHaveBeenCalledTimes(1);
  });

  test('does not come back when its time is up and the alarm is late', () => {
    const { desk, first, clock } = deskWith(1);
    const refused = vi.fn();
    const onExpire = vi.fn();
    let token = '';
    clock.after(60, () => {
      expect(() => desk.resume(token)).toThrow(withCode('SESSION_UNKNOWN'));
      refused();
    });
    token = desk.detach(first, { onExpire });
    clock.advance(60);
    expect(refused).toHaveBeenCalledTimes(1);
    expect(onExpire).toHaveBeenCalledTimes(1);
  });

  test('that is detached again has one token only, and its time begins anew', () => {
    const { desk, first, clock } = deskWith(1);
    const [expired, expiredLater] = [vi.fn(), vi.fn()];
    const token = desk.detach(first, { onExpire: expired });
    clock.advance(40);
    const later = desk.detach(first, { onExpire: expiredLater });
    expect(() => desk.resume(token)).toThrow(withCode('SESSION_UNKNOWN'));
    clock.advance(40);
    expect(expired).not.toHaveBeenCalled();
    expect(desk.resume(later)).toBe(first);
    expect(expiredLater).not.toHaveBeenCalled();
  });

  test('that leaves cannot come back, and does not expire', () => {
    const { desk, first, clock } = deskWith(1);
    const onExpire = vi.fn();
    const token = desk.detach(first, { onExpire });
    desk.leave(first);
    expect(clock.pending).toBe(0);
    expect(() => desk.resume(token)).toThrow(withCode('SESSION_UNKNOWN'));
    expect(() => desk.detach(first, nobody)).toThrow(withCode('SESSION_ENDED'));
  });

  test.each<[what: string, token: unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an empty text', ''],
    ['a number', 42],
    ['a symbol', Symbol('token')],
    ['an array', ['token']],
    ['a name of Object.prototype', '__proto__'],
    ['a very long text', 'x'.repeat(1e6)],
    ['a token that never was', '123e4567-e89b-42d3-a456-426614174000'],
  ])('is not found by %s, in the words for every wrong token', (_what, token) => {
    const { desk, first } = deskWith(1);
    desk.detach(first, nobody);
    const expected = 'No session waits for this token. A token works once, and for 60 s; open a new session.';
    expect(() => desk.resume(token)).toThrow(withCode('SESSION_UNKNOWN'));
    expect(() => desk.resume(token)).toThrow(expected);
  });

  test('is not found by an object that pretends to be its token', () => {
    const { desk, first } = deskWith(1);
    const token = desk.detach(first, nobody);
    expect(() => desk.resume({ toString: () => token })).toThrow(withCode('SESSION_UNKNOWN'));
    // A String object is none either.
    expect(() => desk.resume(Object(token))).toThrow(withCode('SESSION_UNKNOWN'));
    expect(desk.resume(token)).toBe(first);
  });
});

test('a closed desk has no alarms, calls nobody, and lets nobody in', () => {
  const { desk, admitted, clock } = deskWith(3);
  const onExpire = vi.fn();
  const [token] = admitted.map((session) => desk.detach(session, { onExpire }));
  desk.close();
  desk.close();
  expect(clock.pending).toBe(0);
  clock.advance(1000);
  expect(onExpire).not.toHaveBeenCalled();
  expect(desk.sessions).toEqual([]);
  expect(() => desk.admit(another)).toThrow(withCode('ENGINE_CLOSED'));
  expect(() => desk.resume(token)).toThrow(withCode('ENGINE_CLOSED'));
  for (const session of admitted) {
    expect(() => desk.detach(session, nobody)).toThrow(withCode('ENGINE_CLOSED'));
    desk.leave(session);
  }
});

test('a thousand sessions that come, detach and go leave nothing behind', () => {
  const { desk, clock } = deskWith(0);
  for (let at = 0; at < 1000; at += 1) {
    const session = { name: `session ${at}` };
    desk.admit(session);
    desk.detach(session, { onExpire: () => desk.leave(session) });
    if (at % 2) desk.leave(session);
    else clock.advance(60);
  }
  expect([desk.sessions.length, desk.detached, clock.pending]).toEqual([0, 0, 0]);
});
