import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wordErrors } from '../../bench/wer.mjs';
import { createEngine, type Engine } from '../../dist/index.js';
import { bundled, jfkSays, referenceOf, spoken } from './clips.js';

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ model: 'tiny.en', slots: 2, threadsPerSlot: 1 });
});
afterAll(() => engine.close());

describe('a transcript', () => {
  test.each(['jfk', 'leopard_en', 'harvard_8k'])('of %s has at most every twentieth word wrong', async (id) => {
    const { text } = await engine.transcribe(bundled(`${id}.wav`));
    const reference = referenceOf(id);
    const { edits, length } = wordErrors(reference, text, 'en');
    expect(edits / length).toBeLessThanOrEqual(0.05);
  });

  test('says what was used and where the time went', async () => {
    const transcript = await engine.transcribe(bundled('jfk.wav'));
    expect(transcript).toMatchObject({ language: 'en', task: 'transcribe', durationSeconds: 11, used: engine.used });
    expect(transcript.used).toMatchObject({
      provider: 'whisper-cpp',
      model: 'tiny.en',
      variant: 'q8_0',
      modelPath: expect.stringMatching(/ggml-tiny\.en-q8_0\.bin$/u),
      slots: 2,
      threadsPerSlot: 1,
      flashAttention: false,
    });
    const { timings } = transcript;
    expect(timings).toMatchObject({ pieces: 1, retries: 0, encoderContext: 704 });
    expect(timings.rtf).toBeCloseTo(timings.decodeSeconds / 11, 9);
    expect(timings.totalSeconds).toBeGreaterThan(timings.decodeSeconds);
    expect(timings.decodeSeconds).toBeGreaterThan(0);
  });

  test('has the text of its segments, and no words or language probability that nobody asked for', async () => {
    const { text, segments, ...rest } = await engine.transcribe(bundled('harvard_8k.wav'));
    expect(segments.map((segment) => segment.text).join(' ')).toBe(text);
    expect(segments.map((segment) => segment.index)).toEqual(segments.map((_, index) => index));
    expect(segments.every((segment) => segment.words === undefined)).toBe(true);
    expect(rest).not.toHaveProperty('words');
    expect(rest).not.toHaveProperty('languageProbability');
  });

  test('of the same audio is the same every time', async () => {
    const input = bundled('leopard_en.wav');
    const { text } = await engine.transcribe(input);
    expect((await engine.transcribe(input)).text).toBe(text);
    expect((await engine.transcribe(input)).text).toBe(text);
  });

  test('follows the spelling of a prompt', async () => {
    const plain = await engine.transcribe(bundled('leopard_en.wav'));
    const prompted = await engine.transcribe(bundled('leopard_en.wav'), {
      prompt: 'Mr. Kwilter came home. We met Mr. Kwilter.',
    });
    expect(plain.text).toContain('Quilter');
    expect(prompted.text).toContain('Kwilter');
  });

  test('is right with a beam search and with the full encoder context too', async () => {
    const beam = await engine.transcribe(bundled('jfk.wav'), { beamSize: 3 });
    expect(spoken(beam.text)).toContain(jfkSays);
    await using full = await createEngine({ model: 'tiny.en', slots: 1, threadsPerSlot: 2, encoderContext: 'full' });
    const { text, timings } = await full.transcribe(bundled('jfk.wav'));
    expect(spoken(text)).toContain(jfkSays);
    expect(timings.encoderContext).toBe(1500);
  });
});
