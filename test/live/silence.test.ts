import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AudioInput, createEngine, type Engine, formatTranscript, type Progress } from '../../dist/index.js';
import { pcm, shared, silence } from './clips.js';

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ model: 'base', slots: 1 });
});
afterAll(() => engine.close());

/** White noise with an RMS of −50 dB of full scale, the same in every run. */
function noise(seconds: number): Float32Array {
  const amplitude = 10 ** (-50 / 20) * Math.sqrt(3);
  let state = 20_260_101;
  return silence(seconds).map(() => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return amplitude * (state / 2 ** 31 - 1);
  });
}

/** Nobody spoke: nothing was decoded, and nothing is made up. */
async function expectNothing(input: AudioInput): Promise<void> {
  const progress: Progress[] = [];
  const transcript = await engine.transcribe(input, { words: true, onProgress: (step) => progress.push(step) });
  expect(transcript).toMatchObject({ text: '', segments: [], words: [], language: 'und' });
  expect(transcript).not.toHaveProperty('languageProbability');
  expect(transcript.timings).toMatchObject({ pieces: 0, decodeSeconds: 0, rtf: 0 });
  expect(progress.at(-1)).toMatchObject({ doneSeconds: transcript.durationSeconds, fraction: 1 });
  expect(formatTranscript(transcript, 'srt')).toBe('');
  expect((await engine.transcribe(input, { language: 'de' })).language).toBe('de');
}

describe('there is no text in', () => {
  test.each<[string, () => AudioInput]>([
    ['ten seconds of digital silence', () => pcm(silence(10))],
    ['ten seconds of noise at −50 dB', () => pcm(noise(10))],
    ['half a second of noise', () => pcm(noise(0.5))],
    ['a click', () => pcm(silence(3).fill(0.9, 20_000, 20_020))],
    ['a steady tone', () => pcm(silence(5).map((_, at) => 0.3 * Math.sin((2 * Math.PI * 440 * at) / 16_000)))],
    ['an offset of the zero line', () => pcm(silence(5).fill(0.2))],
  ])('%s', async (_what, input) => expectNothing(input()));

  test.skipIf(!existsSync(shared('no_speech.wav')))('a recording of no speech (needs ../shared/data)', () =>
    expectNothing(shared('no_speech.wav')),
  );
});
