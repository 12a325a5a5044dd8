import { expect, test } from 'vitest';
import { ByteQueue } from '../../dist/session/byte-queue.js';

function queueOf(...blocks: readonly (readonly number[])[]): ByteQueue {
  const queue = new ByteQueue();
  for (const block of blocks) queue.push(Uint8Array.from(block));
  return queue;
}

test.each<[what: string, dropped: number, start: number, end: number, bytes: readonly number[]]>([
  ['all of it', 0, 0, 6, [1, 2, 3, 4, 5, 6]],
  ['within a block', 0, 1, 2, [2]],
  ['over the joins', 0, 1, 5, [2, 3, 4, 5]],
  ['from the start of a block', 0, 2, 3, [3]],
  ['nothing', 0, 3, 3, []],
  ['after a drop within a block', 1, 0, 3, [2, 3, 4]],
  ['after a drop of a whole block', 2, 0, 4, [3, 4, 5, 6]],
  ['after a drop over a join', 4, 1, 2, [6]],
  ['after everything was dropped', 6, 0, 0, []],
])('bytes can be had: %s', (_what, dropped, start, end, bytes) => {
  const queue = queueOf([1, 2], [], [3], [4, 5, 6]);
  queue.dropFirst(dropped);
  expect(queue.length).toBe(6 - dropped);
  expect([...queue.copy(start, end)]).toEqual(bytes);
});

test('bytes that come after everything was dropped are the first', () => {
  const queue = queueOf([1, 2], [3]);
  queue.dropFirst(3);
  queue.push(Uint8Array.of(4, 5));
  expect([...queue.copy(0, 2)]).toEqual([4, 5]);
});

test('bytes can be had again and again until they are dropped, each time as a copy', () => {
  const queue = queueOf([1, 2], [3]);
  queue.copy(0, 3).fill(9);
  expect([...queue.copy(0, 3)]).toEqual([1, 2, 3]);
});
