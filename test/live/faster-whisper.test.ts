import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fasterWhisper } from '../../dist/provider/adapters/adapters.js';
import type { Chunk } from '../../dist/provider/recognition.js';
import { adapterPython } from '../../scripts/setup/adapter-environment.mjs';
import { describeConformance } from '../provider-conformance/conformance.js';
import { bundled, jfkSays, samplesOf, spoken } from './clips.js';

const python = process.env['WHISPERPOOL_FASTER_WHISPER_PYTHON'] ?? adapterPython('faster-whisper');
const model = fileURLToPath(new URL('../../../shared/data/models/faster-whisper-tiny.en', import.meta.url));
const plan = { slots: 1, threadsPerSlot: 2 };
const provider = () => fasterWhisper({ python, model });

const isHere = existsSync(python) && existsSync(model);
const name = 'faster-whisper through its adapter (needs `npm run setup:adapters` and ../shared/data)';

describe.skipIf(!isHere)(name, () => {
  describeConformance('as a provider', provider, { isParallel: false });

  test('tells its versions', async () => {
    expect(await provider().probe()).toEqual({
      kind: 'available',
      version: '1.2.1',
      backend: expect.stringMatching(/^CTranslate2 \d/u),
    });
  });

  test('hears an English-only model and says how sure it is', async () => {
    const recognizer = await provider().open(plan);
    try {
      expect(recognizer.capabilities).toMatchObject({ languages: ['en'], translate: false, wordTimes: true });
      expect(recognizer.model).toEqual({ name: 'faster-whisper-tiny.en', variant: 'int8', path: model });
      const pcm = await samplesOf(bundled('jfk.wav'));
      const chunk: Chunk = {
        pcm,
        speechEndSeconds: pcm.length / 16_000,
        language: 'en',
        translate: false,
        prompt: '',
        words: true,
        beamSize: 2,
        encoderContext: 'sized',
        deadlineAtSeconds: Number.POSITIVE_INFINITY,
      };
      const { recognition } = await recognizer.decode(chunk).outcome;
      expect(spoken(recognition.segments.map(({ text }) => text).join(''))).toContain(jfkSays);
      expect(recognition).toMatchObject({ language: 'en', temperature: 0 });
      expect(recognition.noSpeechProbability).toBeLessThan(0.5);
      expect(recognition.segments[0]?.averageLogProbability).toBeLessThan(0);
      expect(recognition.segments[0]?.averageLogProbability).toBeGreaterThan(-1);
      expect(recognition.segments.flatMap(({ words }) => words ?? []).length).toBeGreaterThan(20);
    } finally {
      await recognizer.close();
    }
  });

  test.each([
    ['a folder that is not there', `${model}-nowhere`, 'MODEL_MISSING', 'There is no model at'],
    ['a name that is not on this machine', 'small', 'MODEL_MISSING', '`download: true`'],
    [
      'a folder that is no model',
      fileURLToPath(new URL('../fixtures', import.meta.url)),
      'MODEL_LOAD_FAILED',
      'model.bin',
    ],
  ])('names %s', async (_what, wrong, code, message) => {
    const env = { HF_HOME: '/nonexistent' };
    const opening = fasterWhisper({ python, model: wrong, env }).open(plan);
    await expect(opening).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
