import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEngine, type Engine } from '../../dist/index.js';
import { bundled, joined, pcm, samplesOf, spoken } from './clips.js';

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ model: 'tiny.en', slots: 2, threadsPerSlot: 1 });
});
afterAll(() => engine.close());

describe('transcriptions at the same time', () => {
  test('have the texts that they have one by one', async () => {
    const fileNames = ['jfk.wav', 'leopard_en.wav', 'harvard_8k.wav', 'jfk.mp3', 'jfk.flac', 'leopard_en.wav'];
    const oneByOne: string[] = [];
    for (const fileName of fileNames) oneByOne.push((await engine.transcribe(bundled(fileName))).text);
    const together = await Promise.all(fileNames.map((fileName) => engine.transcribe(bundled(fileName))));
    expect(together.map(({ text }) => text)).toEqual(oneByOne);
  });

  test('take turns: a short clip does not wait for a long one', async () => {
    const harvard = await samplesOf(bundled('harvard_8k.wav'));
    const order: string[] = [];
    const note = (name: string) => () => void order.push(name);
    const long = engine.transcribe(pcm(joined(harvard, harvard, harvard))).finally(note('long'));
    const short = engine.transcribe(bundled('leopard_en.wav')).finally(note('short'));
    const [longTranscript, shortTranscript] = await Promise.all([long, short]);
    expect(order).toEqual(['short', 'long']);
    expect(spoken(longTranscript.text).split('gold ring')).toHaveLength(4);
    expect(shortTranscript.text).toContain('gospel');
    expect(shortTranscript.timings.queueSeconds).toBeLessThan(longTranscript.timings.totalSeconds);
  });

  test('fail one by one: an error of one is nothing to the others', async () => {
    const outcomes = await Promise.allSettled([
      engine.transcribe(bundled('leopard_en.wav')),
      engine.transcribe('nowhere.wav'),
      engine.transcribe(pcm(new Float32Array(16_000).fill(Number.NaN))),
      engine.transcribe(bundled('harvard_8k.wav'), { signal: AbortSignal.abort() }),
      engine.transcribe(bundled('leopard_en.wav')),
    ]);
    expect(outcomes).toMatchObject([
      { status: 'fulfilled', value: { text: expect.stringContaining('gospel') } },
      { status: 'rejected', reason: { code: 'AUDIO_MISSING' } },
      { status: 'rejected', reason: { code: 'AUDIO_INVALID' } },
      { status: 'rejected', reason: { code: 'ABORTED' } },
      { status: 'fulfilled', value: { text: expect.stringContaining('gospel') } },
    ]);
  });
});
