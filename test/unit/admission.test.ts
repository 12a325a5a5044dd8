import { describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import { Admission } from '../../dist/session/admission.js';
import { settled } from '../live-world.js';
import { ManualClock } from '../manual-clock.js';

const bytesPerSecond = 10;

/** A door with room for so many bytes behind it. */
function admissionWith(roomBytes: number) {
  const clock = new ManualClock(1000);
  const behind = { roomBytes, accepted: [] as number[], calls: 0 };
  const admission = new Admission({
    source: 'mic',
    clock,
    hasRoomFor: (bytes) => bytes <= behind.roomBytes,
    accept: (bytes) => {
      behind.roomBytes -= bytes.length;
      behind.accepted.push(...bytes);
      behind.calls += 1;
      // Whoever takes bytes may find that there is more room, in the midst of it.
      admission.admit();
    },
    bytesPerSecond: () => bytesPerSecond,
  });
  const write = (bytes: readonly number[], waitSeconds = Number.POSITIVE_INFINITY) => {
    const written = { as: 'waiting' };
    admission.write(Uint8Array.from(bytes), waitSeconds).then(
      () => (written.as = 'accepted'),
      (error: unknown) => (written.as = error instanceof EngineError ? error.code : String(error)),
    );
    return written;
  };
  const letIn = async (bytes: number) => {
    behind.roomBytes += bytes;
    admission.admit();
    await settled();
  };
  return { clock, behind, admission, write, letIn };
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);

describe('a write', () => {
  test('is accepted at once when there is room', async () => {
    const { write, behind } = admissionWith(10);
    const written = write([1, 2, 3]);
    await settled();
    expect(written.as).toBe('accepted');
    expect(behind.accepted).toEqual([1, 2, 3]);
  });

  test('of nothing is accepted', async () => {
    const { write } = admissionWith(0);
    const written = write([]);
    await settled();
    expect(written.as).toBe('accepted');
  });

  test('that is long comes in a second at a time, as there is room', async () => {
    const { write, behind, letIn } = admissionWith(15);
    const written = write(upTo(35));
    expect(behind.accepted).toHaveLength(10);
    await letIn(5);
    expect(behind.accepted).toHaveLength(20);
    expect(written.as).toBe('waiting');
    await letIn(100);
    expect(behind.accepted).toEqual(upTo(35));
    expect(written.as).toBe('accepted');
  });

  test('waits behind the one before, however short it is', async () => {
    const { write, behind, letIn } = admissionWith(5);
    const [long, short] = [write(upTo(10)), write([77])];
    await settled();
    expect([long.as, short.as]).toEqual(['waiting', 'waiting']);
    await letIn(5);
    expect([long.as, short.as]).toEqual(['accepted', 'waiting']);
    await letIn(1);
    expect(short.as).toBe('accepted');
    expect(behind.accepted).toEqual([...upTo(10), 77]);
  });

  test('is its own: what was accepted does not change with the caller’s memory', () => {
    const { admission, behind } = admissionWith(100);
    const bytes = Buffer.from([1, 2, 3]);
    let kept: Uint8Array | undefined;
    const spy = new Admission({
      source: 'mic',
      clock: new ManualClock(),
      hasRoomFor: () => true,
      accept: (accepted) => (kept = accepted),
      bytesPerSecond: () => bytesPerSecond,
    });
    void spy.write(bytes, 0);
    bytes.fill(9);
    expect([...(kept ?? [])]).toEqual([1, 2, 3]);
    spy.tryWrite(bytes);
    bytes.fill(0);
    expect([...(kept ?? [])]).toEqual([9, 9, 9]);
    expect([admission.isWaiting, behind.calls]).toEqual([false, 0]);
  });

  test('that finds no room in time is refused, and what came in by then stays', async () => {
    const { write, behind, clock, letIn } = admissionWith(12);
    const written = write(upTo(25), 2);
    clock.advance(1.9);
    await settled();
    expect(written.as).toBe('waiting');
    clock.advance(0.2);
    await settled();
    expect(written.as).toBe('QUEUE_FULL');
    await letIn(100);
    expect(behind.accepted).toEqual(upTo(10));
  });

  test('that finds room in time leaves no timer', async () => {
    const { write, clock, letIn } = admissionWith(0);
    const written = write([1], 2);
    expect(clock.pending).toBe(1);
    await letIn(1);
    expect([written.as, clock.pending]).toEqual(['accepted', 0]);
  });

  test('says how much found no room', async () => {
    const { admission, clock } = admissionWith(10);
    const written = admission.write(Uint8Array.from(upTo(25)), 2);
    written.catch(() => undefined);
    clock.advance(2);
    await expect(written).rejects.toThrow(/'mic' is full: 1\.500 s .* within 2 s/);
  });
});

test('when it is closed all writes that wait are turned away with the reason, and no timer stays', async () => {
  const { admission, write, clock, behind } = admissionWith(0);
  const writes = [write([1]), write([2], 5), write([3])];
  admission.refuse(new EngineError('ABORTED', 'It was aborted.'));
  await settled();
  expect(writes.map(({ as }) => as)).toEqual(['ABORTED', 'ABORTED', 'ABORTED']);
  expect([admission.isWaiting, clock.pending, behind.accepted]).toEqual([false, 0, []]);
});

test.each<[what: string, roomBytes: number, waiting: boolean, isAccepted: boolean]>([
  ['is accepted when all of it has room', 3, false, true],
  ['is refused as a whole when not', 2, false, false],
  ['is refused while others wait, whatever room it has', 3, true, false],
])('an attempt to write %s', (_what, roomBytes, waiting, isAccepted) => {
  const { admission, behind, write } = admissionWith(roomBytes);
  if (waiting) write(upTo(9));
  expect(admission.tryWrite(Uint8Array.of(1, 2, 3))).toBe(isAccepted);
  expect(behind.accepted).toEqual(isAccepted ? [1, 2, 3] : []);
});
