import { describe, expect, test } from 'vitest';
import { PcmBuffers } from '../../dist/pool/pcm-buffers.js';

describe('memory for audio', () => {
  test('has room for 30 s and is shared', () => {
    const taken = new PcmBuffers().take();
    expect(taken).toHaveLength(480_000);
    expect(taken.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test('is used again when it is given back, by whatever view', () => {
    const buffers = new PcmBuffers();
    const taken = buffers.take();
    buffers.give(taken.subarray(5, 9));
    const again = buffers.take();
    expect(again.buffer).toBe(taken.buffer);
    expect(again).toHaveLength(480_000);
  });

  test('is never two takers’ at a time', () => {
    const buffers = new PcmBuffers();
    expect(buffers.take().buffer).not.toBe(buffers.take().buffer);
  });

  test.each<[what: string, pcm: Float32Array]>([
    ['that is not shared', new Float32Array(480_000)],
    ['of another size', new Float32Array(new SharedArrayBuffer(64))],
  ])('%s is not taken back', (_what, pcm) => {
    const buffers = new PcmBuffers();
    buffers.give(pcm);
    expect(buffers.take().buffer).not.toBe(pcm.buffer);
  });

  test('is not kept without limit', () => {
    const buffers = new PcmBuffers();
    const taken = Array.from({ length: 65 }, () => buffers.take());
    for (const pcm of taken) buffers.give(pcm);
    const known = new Set(taken.map(({ buffer }) => buffer));
    const again = Array.from({ length: 65 }, () => buffers.take());
    expect(again.filter(({ buffer }) => known.has(buffer))).toHaveLength(64);
  });
});
