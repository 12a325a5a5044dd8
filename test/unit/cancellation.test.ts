import { describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import { Cancellation } from '../../dist/session/cancellation.js';
import { ManualClock } from '../manual-clock.js';

const closed = new EngineError('ENGINE_CLOSED', 'The engine is closed.');
const never = new Promise<never>(() => undefined);

describe('work ends early', () => {
  test.each<
    [why: string, end: (clock: ManualClock, caller: AbortController, work: Cancellation) => void, code: string]
  >([
    ['when the caller aborts', (_clock, caller) => caller.abort(), 'ABORTED'],
    ['when the deadline passes', (clock) => clock.advance(5), 'DEADLINE_EXCEEDED'],
    ['when the engine ends', (_clock, _caller, work) => work.cancel(closed), 'ENGINE_CLOSED'],
    [
      'for the first of several reasons',
      (clock, caller, work) => {
        clock.advance(5);
        caller.abort();
        work.cancel(closed);
      },
      'DEADLINE_EXCEEDED',
    ],
  ])('%s', async (_why, end, code) => {
    const clock = new ManualClock(100);
    const caller = new AbortController();
    const work = new Cancellation(clock, { signal: caller.signal, deadlineSeconds: 5 });
    const reasons: EngineError[] = [];
    work.onCancel((reason) => reasons.push(reason));
    const raced = expect(work.race(never)).rejects.toMatchObject({ name: 'EngineError', code });
    expect(work.signal.aborted).toBe(false);
    end(clock, caller, work);
    await raced;
    work.onCancel((reason) => reasons.push(reason)); // too late to wait for it: it is told at once
    expect(reasons.map((reason) => reason.code)).toEqual([code, code]);
    expect(work.signal.reason).toBe(reasons[0]);
  });

  test('with the reason the caller gave as the cause', () => {
    const caller = new AbortController();
    const work = new Cancellation(new ManualClock(), { signal: caller.signal });
    caller.abort('the user hung up');
    expect(work.signal.reason).toMatchObject({ code: 'ABORTED', cause: 'the user hung up' });
  });

  test('before it begins when the signal is aborted already', () => {
    const signal = AbortSignal.abort('too late');
    const aborted = expect.objectContaining({ code: 'ABORTED', cause: 'too late' });
    expect(() => new Cancellation(new ManualClock(), { signal })).toThrow(aborted);
  });
});

describe('a deadline', () => {
  test.each<[deadlineSeconds: number | undefined, deadlineAtSeconds: number, timers: number]>([
    [5, 105, 1],
    [0.001, 100.001, 1],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0],
    [undefined, Number.POSITIVE_INFINITY, 0],
  ])('of %s s, set at 100 s, is at %s s', (deadlineSeconds, deadlineAtSeconds, timers) => {
    const clock = new ManualClock(100);
    const work = new Cancellation(clock, { deadlineSeconds });
    expect(work.deadlineAtSeconds).toBe(deadlineAtSeconds);
    expect(clock.pending).toBe(timers);
  });

  test('does not pass early', () => {
    const clock = new ManualClock();
    const work = new Cancellation(clock, { deadlineSeconds: 5 });
    clock.advance(4.999);
    expect(work.signal.aborted).toBe(false);
    clock.advance(0.001);
    expect(work.signal.aborted).toBe(true);
  });

  test.each([0, -1, Number.NaN, Number.NEGATIVE_INFINITY])('of %s s is refused', (deadlineSeconds) => {
    const refused = expect.objectContaining({ code: 'OPTION_INVALID' });
    expect(() => new Cancellation(new ManualClock(), { deadlineSeconds })).toThrow(refused);
  });
});

describe('work that is raced', () => {
  test('gives its value', async () => {
    const work = new Cancellation(new ManualClock(), {});
    await expect(work.race(Promise.resolve('text'))).resolves.toBe('text');
  });

  test('gives its own error', async () => {
    const work = new Cancellation(new ManualClock(), {});
    const broken = new EngineError('AUDIO_BROKEN', 'Broken.');
    await expect(work.race(Promise.reject(broken))).rejects.toBe(broken);
  });

  test('gives the reason when there is one already', async () => {
    const work = new Cancellation(new ManualClock(), {});
    work.cancel(closed);
    await expect(work.race(never)).rejects.toBe(closed);
  });

  test('may fail after the reason without anybody to catch it', async () => {
    const work = new Cancellation(new ManualClock(), {});
    const late = new Promise<never>((_resolve, reject) => {
      work.onCancel(() => setImmediate(reject, new Error('late')));
    });
    const raced = expect(work.race(late)).rejects.toBe(closed);
    work.cancel(closed);
    await raced;
    await new Promise((resolve) => setImmediate(resolve)); // an unhandled rejection fails the run
  });
});

describe('released work', () => {
  test('is deaf to the caller and to the clock, and keeps no timer', () => {
    const clock = new ManualClock();
    const caller = new AbortController();
    const work = new Cancellation(clock, { signal: caller.signal, deadlineSeconds: 5 });
    work.release();
    expect(clock.pending).toBe(0);
    clock.advance(10);
    caller.abort();
    expect(work.signal.aborted).toBe(false);
  });

  test('can be released again', () => {
    const work = new Cancellation(new ManualClock(), { deadlineSeconds: 5 });
    work.release();
    expect(() => work.release()).not.toThrow();
  });
});
