import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { adapterTable } from '../../dist/provider/adapters/adapter-table.js';
import { fasterWhisper, mlxWhisper } from '../../dist/provider/adapters/adapters.js';
import type { Recognizer } from '../../dist/provider/provider.js';
import type { Chunk } from '../../dist/provider/recognition.js';
import type { ProcessDeath } from '../../dist/provider/subprocess/resident-process.js';
import { subprocess } from '../../dist/provider/subprocess/subprocess-provider.js';

const adapters = fileURLToPath(new URL('../../adapters/', import.meta.url));
const standIns = fileURLToPath(new URL('../fixtures/adapters/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'adapters-'));
const plan = { slots: 1, threadsPerSlot: 1 };
const nowhere = join(folder, 'nowhere');
afterAll(() => rmSync(folder, { recursive: true }));

/** Two seconds that are not silent. */
function chunk(rest: Partial<Chunk> = {}): Chunk {
  return {
    pcm: new Float32Array(32_000).fill(0.5),
    speechEndSeconds: 2,
    language: 'auto',
    translate: false,
    prompt: '',
    words: false,
    beamSize: 1,
    encoderContext: 'sized',
    deadlineAtSeconds: Number.POSITIVE_INFINITY,
    ...rest,
  };
}

/** An adapter as its factory starts it, over what stands in for its library or its program. */
function standingIn(
  name: string,
  settings: Readonly<Record<string, unknown>>,
  onDeath?: (death: ProcessDeath) => void,
) {
  const entry = Object.values(adapterTable).find((candidate) => candidate.name === name);
  const path = `${join(standIns, 'programs')}:${process.env['PATH'] ?? ''}`;
  return subprocess({
    name,
    command: 'python3',
    args: ['-B', join(adapters, 'run.py'), entry?.file ?? name],
    env: { PATH: path, PYTHONPATH: `${join(standIns, 'shared')}:${join(standIns, name)}` },
    settings,
    model: { name, variant: '', path: '' },
    onDeath,
  });
}

/** None of its processes may die in between. */
async function withOpen(name: string, settings: object, use: (recognizer: Recognizer) => Promise<void>): Promise<void> {
  const deaths: ProcessDeath[] = [];
  const recognizer = await standingIn(name, { ...settings }, (death) => deaths.push(death)).open(plan);
  await use(recognizer).finally(() => recognizer.close());
  expect(deaths).toEqual([]);
}

test('every adapter compiles', () => {
  const files = readdirSync(adapters).filter((file) => file.endsWith('.py'));
  for (const { file } of Object.values(adapterTable)) expect(files).toContain(`${file}.py`);
  const check = 'import sys\nfor path in sys.argv[1:]: compile(open(path).read(), path, "exec")';
  execFileSync('python3', ['-c', check, ...files.map((file) => join(adapters, file))]);
});

describe('what is missing is named with the command that installs it', () => {
  test.each(Object.values(adapterTable).map((entry) => [entry.name, entry] as const))(
    '%s',
    async (name, { file, needs }) => {
      const install = needs.slice(needs.indexOf('pip install'));
      if (needs.includes('pip install')) {
        expect(readFileSync(join(adapters, `${file}.py`), 'utf8')).toContain(`needs("${install.slice(12)}")`);
      }
      const provider = subprocess({
        name,
        command: 'python3',
        // Without site-packages.
        args: ['-S', '-B', join(adapters, 'run.py'), file],
        settings: {},
        model: { name, variant: '', path: '' },
      });
      expect(await provider.probe()).toEqual({
        kind: 'unavailable',
        reason: expect.stringMatching(/exit code 3.*needs .+: .+ (?:install|build|make) /su),
      });
    },
  );
});

test.skipIf(process.platform === 'darwin')('what runs on Apple silicon only is not started elsewhere', async () => {
  const provider = mlxWhisper({ model: 'tiny', python: nowhere });
  expect(await provider.probe()).toEqual({
    kind: 'unavailable',
    reason: `mlx-whisper runs on Apple silicon only; this is ${process.platform} on ${process.arch}.`,
  });
  await expect(provider.open(plan)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
  expect(provider.note).toContain('Not yet run');
});

test('a Python that is not there is named with what to install', async () => {
  const state = await fasterWhisper({ model: 'tiny', python: nowhere }).probe();
  expect(state).toMatchObject({ reason: expect.stringContaining('python3 -m pip install faster-whisper==1.2.1') });
});

describe('against a stand-in', () => {
  test('mlx-whisper gives words, probabilities and the language it heard', () =>
    withOpen('mlx-whisper', { model: 'tiny' }, async (recognizer) => {
      expect(recognizer.capabilities).toEqual({
        languages: ['auto', 'en', 'de'],
        wordTimes: true,
        translate: true,
        abort: false,
        streaming: false,
        formats: ['f32le-16000-mono'],
      });
      const asked = chunk({ words: true, prompt: 'Ask', onDoubt: 'keep', translate: true });
      const { recognition } = await recognizer.decode(asked).outcome;
      expect(recognition).toMatchObject({ language: 'de', noSpeechProbability: 0.125, temperature: 0.2 });
      expect(recognition.segments).toEqual([
        {
          startSeconds: 0,
          endSeconds: 2,
          text: ' de translate Ask 0.0',
          averageLogProbability: -0.25,
          compressionRatio: expect.any(Number),
          words: [{ text: 'so', startSeconds: 0.5, endSeconds: 0.75, probability: 0.5 }],
        },
      ]);
    }));

  test('mlx-whisper asks an English-only model for English', () =>
    withOpen('mlx-whisper', { model: 'tiny.en' }, async ({ capabilities }) => {
      await Promise.resolve();
      expect(capabilities).toMatchObject({ languages: ['en'], translate: false });
    }));

  test('whisper-mps decodes', () =>
    withOpen('whisper-mps', { model: 'tiny', download: true }, async (recognizer) => {
      const { recognition } = await recognizer.decode(chunk({ language: 'en', words: true })).outcome;
      expect(recognition).toMatchObject({ language: 'en', segments: [{ endSeconds: 2, text: ' en transcribe None' }] });
    }));

  test('lightning-whisper-mlx decodes, in a folder of its own', () =>
    withOpen('lightning-whisper-mlx', { model: 'tiny', folder, batchSize: 6 }, async (recognizer) => {
      const { recognition } = await recognizer.decode(chunk()).outcome;
      expect(recognition).toMatchObject({ language: 'de', segments: [{ endSeconds: 2, text: ' de tiny 6' }] });
      expect(readdirSync(join(folder, 'mlx_models'))).toEqual(['tiny']);
    }));

  test('parakeet-mlx gathers tokens into words', () =>
    withOpen('parakeet-mlx', { model: 'mlx-community/parakeet-tdt-0.6b-v3' }, async (recognizer) => {
      const { recognition } = await recognizer.decode(chunk({ words: true })).outcome;
      expect(recognition.language).toBe('und');
      expect(recognition.segments).toMatchObject([
        {
          text: ' Hello. 32000',
          words: [
            { text: 'Hello.', startSeconds: 0.5, endSeconds: 1.25, probability: 0.75 },
            { text: '32000', startSeconds: 1.5, endSeconds: 2, probability: 0.25 },
          ],
        },
      ]);
    }));

  test('insanely-fast-whisper closes what the model left open', () =>
    withOpen('insanely-fast-whisper', { model: 'openai/whisper-tiny' }, async (recognizer) => {
      const { recognition } = await recognizer.decode(chunk({ beamSize: 2 })).outcome;
      expect(recognition.language).toBe('de');
      expect(recognition.segments).toMatchObject([
        { startSeconds: 0, endSeconds: 1, text: " [('language', None), ('num_beams', 2), ('task', 'transcribe')]" },
        { startSeconds: 1, endSeconds: 2, text: ' open' },
      ]);
      const timed = await recognizer.decode(chunk({ words: true })).outcome;
      expect(timed.recognition.segments).toMatchObject([
        { text: ' so it', words: [{ text: 'so' }, { endSeconds: 2 }] },
      ]);
    }));

  test('fluidaudio runs its program for each chunk', () =>
    withOpen('fluidaudio', {}, async (recognizer) => {
      const { recognition } = await recognizer.decode(chunk({ language: 'fr', words: true })).outcome;
      expect(recognition).toMatchObject({ language: 'fr', segments: [{ text: '32000 v3 fr', startSeconds: 0.5 }] });
      expect(recognition.segments[0]?.words?.map(({ text }) => text)).toEqual(['32000', 'v3', 'fr']);
    }));

  test('a program that is stopped is killed, and the next chunk is decoded', () =>
    withOpen('fluidaudio', {}, async (recognizer) => {
      const endless = recognizer.decode(chunk({ language: 'mt' }));
      const next = recognizer.decode(chunk());
      endless.stop();
      await expect(endless.outcome).rejects.toMatchObject({ code: 'ABORTED' });
      expect((await next.outcome).recognition.segments).toMatchObject([{ text: '32000 v3 None' }]);
    }));

  test('voxtral is fed 16-bit samples, chunk after chunk', () =>
    withOpen('voxtral', { model: 'voxtral-model' }, async (recognizer) => {
      for (const pcm of [new Float32Array(32_000).fill(0.5), new Float32Array(16_000).fill(-2)]) {
        const { recognition } = await recognizer.decode(chunk({ pcm })).outcome;
        const said = pcm.length === 32_000 ? ' One é 32000 16384' : ' One 16000 0';
        expect(recognition.segments).toMatchObject([{ startSeconds: 0, text: said }]);
      }
    }));

  test('whisperkit asks its server, which ends with it', async () => {
    let text = '';
    await withOpen('whisperkit', { model: 'base' }, async (recognizer) => {
      const { recognition } = await recognizer.decode(chunk({ words: true, language: 'en' })).outcome;
      expect(recognition.segments).toMatchObject([
        { averageLogProbability: -0.5, words: [{ text: 'so', probability: Math.exp(-0.5) }] },
      ]);
      text = recognition.segments[0]?.text ?? '';
    });
    const [, server, path, ...fields] = text.split(' ');
    expect(path).toBe('/v1/audio/transcriptions');
    expect(fields.join(' ')).toBe(
      "[('language', 'en'), ('model', 'base'), ('response_format', 'verbose_json'), " +
        "('timestamp_granularities[]', 'word,segment')]",
    );
    expect(() => process.kill(Number(server), 0)).toThrow('ESRCH');
  });

  test.each([
    ['mlx-whisper', { model: nowhere }, 'MODEL_MISSING', 'There is no model at'],
    ['mlx-whisper', { model: 'nowhere' }, 'MODEL_LOAD_FAILED', 'FileNotFoundError: nowhere'],
    ['whisper-mps', { model: 'nowhere' }, 'MODEL_MISSING', 'There is no checkpoint at'],
    ['whisperkit', { model: 'nowhere' }, 'MODEL_LOAD_FAILED', '`whisperkit-cli serve` ended'],
    ['voxtral', { model: 'nowhere' }, 'MODEL_LOAD_FAILED', 'voxtral left with code 1'],
  ])('%s refuses %o', async (name, settings, code, message) => {
    const opening = standingIn(name, settings).open(plan);
    await expect(opening).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
