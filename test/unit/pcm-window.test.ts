import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PcmBuffers } from '../../dist/pool/pcm-buffers.js';
import { PcmWindow } from '../../dist/session/pcm-window.js';

/** Blocks of these lengths whose samples count on from 0: a sample says where it lies. */
function blocksOf(lengths: readonly number[]): readonly Float32Array[] {
  let next = 0;
  return lengths.map((length) => {
    const pcm = new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));
    for (let at = 0; at < length; at += 1) pcm[at] = next + at;
    next += length;
    return pcm;
  });
}

function windowOver(blocks: readonly Float32Array[]): PcmWindow {
  const window = new PcmWindow(new PcmBuffers());
  for (const block of blocks) window.add(block);
  return window;
}

const countUp = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

describe('a stretch of the stream', () => {
  test.each<[what: string, from: number, to: number]>([
    ['inside one block', 12, 18],
    ['of one whole block', 10, 20],
    ['at the beginning', 0, 1],
    ['at the end', 29, 30],
    ['over two blocks', 8, 12],
    ['of everything', 0, 30],
  ])('%s is a copy in shared memory', (_what, from, to) => {
    const blocks = blocksOf([10, 10, 10]);
    const stretch = windowOver(blocks).slice(from, to);
    expect([...stretch]).toEqual(countUp(from, to));
    expect(stretch.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(blocks.map((block) => block.buffer)).not.toContain(stretch.buffer);
  });

  test('that is empty has no samples', () => {
    const window = windowOver(blocksOf([10, 10]));
    for (const at of [0, 5, 10, 20]) expect(window.slice(at, at)).toHaveLength(0);
  });
});

describe('the window', () => {
  test('counts what was added, dropped or not', () => {
    const window = windowOver(blocksOf([10, 0, 5]));
    expect(window.endSample).toBe(15);
    window.dropBefore(15);
    expect(window.endSample).toBe(15);
    expect(new PcmWindow(new PcmBuffers()).endSample).toBe(0);
  });

  test.each<[sample: number, kept: readonly number[]]>([
    [0, countUp(0, 30)],
    [9, countUp(0, 30)],
    [10, countUp(10, 30)],
    [11, countUp(10, 30)],
    [19, countUp(10, 30)],
    [30, []],
    [99, []],
  ])('told to drop what lies before sample %i gives up whole blocks only', (sample, kept) => {
    const window = windowOver(blocksOf([10, 10, 10]));
    window.dropBefore(sample);
    // What was given up is silence in a joined copy.
    expect([...window.slice(0, 30)]).toEqual(countUp(0, 30).map((value) => (kept.includes(value) ? value : 0)));
  });

  test('goes on after everything was dropped', () => {
    const window = windowOver(blocksOf([10]));
    window.dropBefore(10);
    window.add(Float32Array.of(10, 11, 12));
    expect([...window.slice(10, 13)]).toEqual([10, 11, 12]);
  });

  test('gives what slicing all blocks in one would give, for any blocks, drops and stretches', () => {
    const stretches = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 40 }), { maxLength: 12 }), stretches, (lengths, wishes) => {
        const blocks = blocksOf(lengths);
        const window = windowOver(blocks);
        const whole = blocks.flatMap((block) => [...block]);
        let keptFrom = 0;
        for (const [drop, start, length] of wishes) {
          keptFrom = Math.max(keptFrom, drop % (whole.length + 1));
          window.dropBefore(keptFrom);
          const from = keptFrom + (start % (whole.length - keptFrom + 1));
          const to = from + (length % (whole.length - from + 1));
          expect([...window.slice(from, to)]).toEqual(whole.slice(from, to));
        }
      }),
    );
  });
});
