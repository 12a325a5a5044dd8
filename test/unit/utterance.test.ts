import { describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import { Scheduler } from '../../dist/scheduler/scheduler.js';
import type { Piece } from '../../dist/session/piece.js';
import { type FinalDecode, Utterance } from '../../dist/session/utterance.js';
import { settled } from '../live-world.js';
import { ManualClock } from '../manual-clock.js';
import { workNamed } from './scheduler-work.js';
import { ScriptedSlots } from './scripted-slots.js';

const rate = 16_000;

/** Speech from the start to here, and audio to the second figure. */
function pieceOf(speechEndSeconds: number, endSeconds = speechEndSeconds): Piece {
  const speech = [{ startSample: 0, endSample: speechEndSeconds * rate }];
  return { startSample: 0, endSample: endSeconds * rate, speech };
}

/** An utterance on one slot; its works are named by what they are for and the end of their speech. */
function utterance({ isBusy = false } = {}) {
  const clock = new ManualClock(1000);
  const slots = new ScriptedSlots(1, clock);
  const scheduler = new Scheduler(slots, clock);
  if (isBusy) scheduler.openLane({ priority: 'critical' }).submit(workNamed('other', { kind: 'final' }));
  const lane = scheduler.openLane({ priority: 'normal' });
  const partials: number[] = [];
  const grown = new Utterance({
    number: 1,
    work: (piece, { kind, isPassing }) =>
      workNamed(`${kind}${isPassing ? '' : '!'} ${(piece.speech[0]?.endSample ?? 0) / rate}`, { kind }),
    submit: (work) => lane.submit(work),
    onPartial: (piece) => partials.push(piece.endSample / rate),
  });
  const finish = async (prompt: string) => {
    slots.decodeOf(prompt).finish();
    await settled();
  };
  return { slots, lane, scheduler, grown, partials, finish };
}

async function textOf({ decoded }: FinalDecode): Promise<string> {
  return (await decoded).recognition.segments.map(({ text }) => text.trim()).join();
}

describe('while an utterance grows', () => {
  test('one decode of it waits, of the latest there is', () => {
    const { grown, lane, slots } = utterance({ isBusy: true });
    for (const seconds of [1, 2, 3]) grown.grow(pieceOf(seconds), false);
    expect(lane.waiting).toHaveLength(1);
    expect(lane.waiting[0]?.work.chunk().prompt).toBe('partial 3');
    expect(slots.begunPrompts).toEqual(['other']);
  });

  test('one decode of it runs, and then the latest that was wanted meanwhile', async () => {
    const { grown, slots, partials, finish } = utterance();
    for (const seconds of [1, 2, 3]) grown.grow(pieceOf(seconds), false);
    expect(slots.runningPrompts).toEqual(['partial 1']);
    await finish('partial 1');
    await finish('partial 3');
    expect(partials).toEqual([1, 3]);
    expect(slots.begunPrompts).toEqual(['partial 1', 'partial 3']);
  });

  test('a partial that fails is followed by the next all the same', async () => {
    const { grown, slots, partials, finish } = utterance();
    grown.grow(pieceOf(1), false);
    grown.grow(pieceOf(2), false);
    slots.decodeOf('partial 1').fail(new EngineError('DECODE_FAILED', 'Odd audio.'));
    await settled();
    await finish('partial 2');
    expect(partials).toEqual([2]);
  });
});

describe('an utterance that ends', () => {
  test('without a partial is decoded as a final', async () => {
    const { grown, finish } = utterance();
    const final = grown.end(pieceOf(2, 2.3));
    await finish('final! 2');
    expect(await textOf(final)).toBe('final! 2');
    expect(final.ticket).toBeDefined();
  });

  test('while its partial waits takes over its place', async () => {
    const { grown, lane, finish } = utterance({ isBusy: true });
    grown.grow(pieceOf(1), false);
    const final = grown.end(pieceOf(2, 2.3));
    expect(lane.waiting).toHaveLength(1);
    await finish('other');
    await finish('final! 2');
    expect(await textOf(final)).toBe('final! 2');
  });

  test('while its partial runs stops that, and tells no partial any more', async () => {
    const { grown, slots, partials, finish } = utterance();
    grown.grow(pieceOf(1), false);
    const final = grown.end(pieceOf(2, 2.3));
    expect(slots.decodeOf('partial 1').isStopped).toBe(true);
    await finish('partial 1');
    await finish('final! 2');
    expect(await textOf(final)).toBe('final! 2');
    expect(partials).toEqual([]);
  });

  test('after a pause in which it was decoded needs no other decode', async () => {
    const { grown, slots, partials, finish } = utterance();
    grown.grow(pieceOf(2, 2.2), true);
    await finish('partial! 2');
    const final = grown.end(pieceOf(2, 2.3));
    expect(await textOf(final)).toBe('partial! 2');
    expect([final.ticket, slots.begun.length, partials]).toEqual([undefined, 1, [2.2]]);
  });

  test('after a pause whose decode still runs waits for that', async () => {
    const { grown, slots, finish, partials } = utterance();
    grown.grow(pieceOf(2, 2.2), true);
    const final = grown.end(pieceOf(2, 2.3));
    expect(slots.decodeOf('partial! 2').isStopped).toBe(false);
    await finish('partial! 2');
    expect(await textOf(final)).toBe('partial! 2');
    expect([slots.begun.length, partials]).toEqual([1, []]);
  });

  test('after a pause is decoded anew when the decode that ran was given up for another source', async () => {
    const { grown, slots, scheduler, finish } = utterance();
    grown.grow(pieceOf(2, 2.2), true);
    const final = grown.end(pieceOf(2, 2.3));
    // Nobody can tell from outside that this partial is a final by now.
    scheduler.openLane({ priority: 'critical' }).submit(workNamed('urgent', { kind: 'final' }));
    expect(slots.decodeOf('partial! 2').isStopped).toBe(true);
    slots.decodeOf('partial! 2').fail(new EngineError('ABORTED', 'It was stopped.'));
    await settled();
    await finish('urgent');
    await finish('final! 2');
    expect(await textOf(final)).toBe('final! 2');
  });

  test('after a pause fails when the decode that ran fails', async () => {
    const { grown, slots } = utterance();
    grown.grow(pieceOf(2, 2.2), true);
    const final = grown.end(pieceOf(2, 2.3));
    slots.decodeOf('partial! 2').fail(new EngineError('DECODE_FAILED', 'Odd audio.'));
    await expect(final.decoded).rejects.toMatchObject({ code: 'DECODE_FAILED' });
  });

  test.each<[what: string, said: Piece, isPause: boolean]>([
    ['somebody spoke on', pieceOf(1, 1.2), true],
    ['it was not decoded in a pause', pieceOf(2, 2), false],
    ['it began elsewhere', { ...pieceOf(2, 2.2), startSample: 512 }, true],
  ])('is decoded as a whole when %s', async (_what, said, isPause) => {
    const { grown, slots, finish } = utterance();
    grown.grow(said, isPause);
    slots.running[0]?.finish();
    await settled();
    const final = grown.end(pieceOf(2, 2.3));
    await finish('final! 2');
    expect(await textOf(final)).toBe('final! 2');
  });

  test('with its text leaves no decode of it behind', async () => {
    const { grown, lane, scheduler, slots, finish } = utterance();
    grown.grow(pieceOf(2, 2.2), true);
    await finish('partial! 2');
    scheduler.openLane({ priority: 'critical' }).submit(workNamed('urgent', { kind: 'final' }));
    grown.grow(pieceOf(2, 2.2), false);
    expect(lane.waiting).toHaveLength(1);
    const final = grown.end(pieceOf(2, 2.3));
    expect(await textOf(final)).toBe('partial! 2');
    expect(lane.waiting).toEqual([]);
    await finish('urgent');
    expect(slots.running).toEqual([]);
  });
});
