import { readFileSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import ffmpeg from '@ffmpeg-installer/ffmpeg';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { wavHeader } from '../../bench/wav-header.mjs';
import {
  type AudioInput,
  createEngine,
  type Engine,
  EngineError,
  type EngineErrorCode,
  type EngineOptions,
  type TranscribeOptions,
} from '../../dist/index.js';
import { bundled, pcm, samplesOf } from '../live/clips.js';
import { copyOfWhole, flipBit, models, withFile } from './damaged-model.js';

const jfk = bundled('jfk.wav');
const jfkBytes = readFileSync(jfk);
/** “And so, my fellow Americans”: enough to see that an engine is right, and a third of the time. */
const beginning = pcm((await samplesOf(jfk)).subarray(0, 3.3 * 16_000));
const folder = await mkdtemp(join(tmpdir(), 'engine-errors-'));

/** Serves all rows; it is right after each of them. */
let engine: Engine;
let text: string;
/** The same with an ffmpeg on its PATH. */
let engineWithFfmpeg: Engine;
beforeAll(async () => {
  vi.stubEnv('PATH', dirname(ffmpeg.path));
  engineWithFfmpeg = await createEngine({ model: 'tiny.en', slots: 1 });
  vi.stubEnv('PATH', folder);
  engine = await createEngine({ model: 'tiny.en', slots: 2, threadsPerSlot: 1 });
  vi.unstubAllEnvs();
  ({ text } = await engine.transcribe(beginning));
  expect(text).toMatch(/^And so,? my fellow Americans\W*$/u);
});
afterAll(async () => {
  await Promise.all([engine.close(), engineWithFfmpeg.close()]);
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  expect((await engine.transcribe(beginning)).text).toBe(text);
});

/** The error is ours, has this code, and says this. */
async function expectRefusal(work: Promise<unknown>, code: EngineErrorCode, says: RegExp): Promise<void> {
  const error: unknown = await work.then(
    () => 'no error at all',
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(EngineError);
  expect(error).toMatchObject({ name: 'EngineError', code });
  expect((error as EngineError).message).toMatch(says);
}

/** What only JavaScript, or a cast, can pass. */
function untyped(value: unknown): never {
  return value as never;
}

/** jfk.wav with two bytes of its header replaced. */
function jfkWith(offsetBytes: number, value: number): Buffer {
  const bytes = Buffer.from(jfkBytes);
  bytes.writeUInt16LE(value, offsetBytes);
  return bytes;
}

async function written(fileName: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, fileName);
  await writeFile(path, content);
  return path;
}

/** A file of a tone of half a second, one sample of which is spoiled. */
function toneWith(sample: number) {
  const samples = new Float32Array(8_000).map((_, at) => Math.sin(at / 5) / 2);
  samples[4_321] = sample;
  return { samples, sampleRate: 16_000 };
}

const second = new Float32Array(16_000);
const noise = Uint8Array.from({ length: 5_000 }, (_, at) => (at * at * 31 + at * 7) % 251);

describe('an engine is refused when', () => {
  const cases: readonly [string, EngineErrorCode, RegExp, () => EngineOptions | Promise<EngineOptions>][] = [
    ['nobody knows its model', 'MODEL_UNKNOWN', /Did you mean 'tiny\.en'/, () => ({ model: 'tinny.en' })],
    ['its model is a number', 'OPTION_INVALID', /`model` is 5/, () => ({ model: untyped(5) })],
    ['its model file is not there', 'MODEL_MISSING', /does not exist/, () => ({ model: join(folder, 'none.bin') })],
    ['its model file is a folder', 'MODEL_MISSING', /is a folder/, () => ({ model: `${models}/` })],
    [
      'no folder has its model',
      'MODEL_MISSING',
      /none of/,
      () => ({ model: 'base', modelFolders: [folder], download: false }),
    ],
    [
      'its model file is truncated',
      'MODEL_TRUNCATED',
      /is truncated: it has 1000000 of 43550795 bytes/,
      async () => {
        const path = await copyOfWhole('truncated.bin');
        await withFile(path, (file) => file.truncate(1_000_000));
        return { model: path };
      },
    ],
    [
      'the header of its model file is corrupt',
      'MODEL_CORRUPT',
      /n_audio_head = 0/,
      async () => {
        const path = await copyOfWhole('heads.bin');
        await withFile(path, (file) => file.write(Buffer.alloc(4), 0, 4, 16));
        return { model: path };
      },
    ],
    [
      'one bit of a published model file is wrong',
      'MODEL_CORRUPT',
      /SHA-256/,
      async () => {
        const path = await copyOfWhole('ggml-tiny.en-q8_0.bin');
        await flipBit(path, 30_000_000, 3);
        return { model: path };
      },
    ],
    [
      'its model file is of another architecture',
      'MODEL_UNSUPPORTED',
      /GGUF/,
      async () => ({ model: await written('llama.bin', 'GGUF\x03\0\0\0'.padEnd(64, '\0')) }),
    ],
    [
      'its model file is a recording',
      'MODEL_UNSUPPORTED',
      /recording/,
      () => ({ model: join(dirname(jfk), 'jfk.wav') }),
    ],
    ['nobody knows its language', 'LANGUAGE_UNKNOWN', /Did you mean 'german'/, () => ({ language: 'germann' })],
    [
      'its model does not speak its language',
      'LANGUAGE_UNSUPPORTED',
      /speaks English only/,
      () => ({ model: 'tiny.en', language: 'de' }),
    ],
    ['it has no slots', 'OPTION_INVALID', /`slots` is 0/, () => ({ slots: 0 })],
    ['it has less than no slots', 'OPTION_INVALID', /`slots` is -1/, () => ({ slots: -1 })],
    ['it has part of a slot', 'OPTION_INVALID', /`slots` is 1\.5/, () => ({ slots: 1.5 })],
    ['its slots are no number', 'OPTION_INVALID', /`slots` is NaN/, () => ({ slots: Number.NaN })],
    ['its slots are text', 'OPTION_INVALID', /`slots` is 2/, () => ({ slots: untyped('2') })],
    ['it has too many slots', 'OPTION_INVALID', /from 1 to 256/, () => ({ slots: 1e9 })],
    ['its threads are none', 'OPTION_INVALID', /`threadsPerSlot` is 0/, () => ({ threadsPerSlot: 0 })],
    ['its encoder context is unheard of', 'OPTION_INVALID', /sized, full/, () => ({ encoderContext: untyped('half') })],
    [
      'its switches are text',
      'OPTION_INVALID',
      /`flashAttention` is yes; it must be true or false/,
      () => ({ model: 'tiny.en', slots: 1, flashAttention: untyped('yes') }),
    ],
  ];

  test.each(cases)('%s: %s', async (_when, code, says, options) => {
    await expectRefusal(createEngine(await options()), code, says);
  });
});

describe('audio is refused when', () => {
  const cases: readonly [string, EngineErrorCode, RegExp, () => AudioInput | Promise<AudioInput>][] = [
    ['the file is not there', 'AUDIO_MISSING', /does not exist/, () => join(folder, 'none.wav')],
    ['the path is empty', 'AUDIO_MISSING', /does not exist/, () => ''],
    ['the path leads through a file', 'AUDIO_MISSING', /does not exist/, () => join(jfk, 'jfk.wav')],
    ['the file is a folder', 'AUDIO_MISSING', /is a folder/, () => folder],
    ['the path has a zero byte', 'OPTION_INVALID', /zero byte/, () => 'jfk.wav\0.txt'],
    ['the file is empty', 'AUDIO_EMPTY', /no bytes/, () => written('empty.wav', '')],
    ['there are no bytes', 'AUDIO_EMPTY', /no bytes/, () => new Uint8Array(0)],
    ['the stream is empty', 'AUDIO_EMPTY', /no bytes/, () => Readable.from([])],
    ['the web stream is empty', 'AUDIO_EMPTY', /no bytes/, () => new Blob([]).stream()],
    [
      'there are no samples',
      'AUDIO_EMPTY',
      /no samples/,
      () => ({ samples: second.subarray(0, 0), sampleRate: 16_000 }),
    ],
    ['it is a device', 'AUDIO_UNSUPPORTED', /ffmpeg/, () => '/dev/null'],
    ['it is noise', 'AUDIO_UNSUPPORTED', /Install ffmpeg/, () => noise],
    ['a file holds noise', 'AUDIO_UNSUPPORTED', /Install ffmpeg/, () => written('noise.wav', noise)],
    ['a stream holds noise', 'AUDIO_UNSUPPORTED', /Install ffmpeg/, () => Readable.from([noise])],
    ['a wav ends in its header', 'AUDIO_BROKEN', /format header or no data/, () => jfkBytes.subarray(0, 30)],
    ['a wav has no channels', 'AUDIO_BROKEN', /0 channels/, () => jfkWith(22, 0)],
    ['a wav has no sample rate', 'AUDIO_BROKEN', /0 samples a second/, () => jfkWith(24, 0)],
    ['a wav has samples of no bits', 'AUDIO_BROKEN', /format header/, () => jfkWith(34, 0)],
    ['the stream fails', 'AUDIO_BROKEN', /ended with an error/, () => failing()],
    ['the web stream fails', 'AUDIO_BROKEN', /ended with an error/, () => Readable.toWeb(failing())],
    ['the stream holds objects', 'AUDIO_BROKEN', /ended with an error/, () => Readable.from([{ wav: true }])],
    ['a sample is NaN', 'AUDIO_INVALID', /Sample 4321 is not a finite/, () => toneWith(Number.NaN)],
    ['a sample is infinite', 'AUDIO_INVALID', /Sample 4321 is not a finite/, () => toneWith(Number.POSITIVE_INFINITY)],
    ['a sample is minus infinity', 'AUDIO_INVALID', /not a finite/, () => toneWith(Number.NEGATIVE_INFINITY)],
    ['a sample is beyond any sense', 'AUDIO_INVALID', /beyond/, () => toneWith(3e38)],
    ...[0, -16_000, Number.NaN, 1e9, 44_100.5, Number.POSITIVE_INFINITY].map(
      (sampleRate): [string, EngineErrorCode, RegExp, () => AudioInput] => [
        `its rate is ${sampleRate}`,
        'AUDIO_INVALID',
        /sample rate of .* is impossible/,
        () => ({ samples: second, sampleRate }),
      ],
    ),
    ...[0, -1, 1.5, 65, Number.NaN].map((channels): [string, EngineErrorCode, RegExp, () => AudioInput] => [
      `it has ${channels} channels`,
      'AUDIO_INVALID',
      /channels are impossible/,
      () => ({ samples: second, sampleRate: 16_000, channels }),
    ]),
    ['its rate is text', 'AUDIO_INVALID', /impossible/, () => untyped({ samples: second, sampleRate: '16000' })],
    ['its rate is not given', 'AUDIO_INVALID', /impossible/, () => untyped({ samples: second })],
    [
      'its samples are an array',
      'OPTION_INVALID',
      /`samples` must/,
      () => untyped({ samples: [0, 1], sampleRate: 8_000 }),
    ],
    [
      'its samples are Float64',
      'OPTION_INVALID',
      /`samples` must/,
      () => untyped({ samples: new Float64Array(9), sampleRate: 8_000 }),
    ],
    ['its samples are null', 'OPTION_INVALID', /`samples` must/, () => untyped({ samples: null, sampleRate: 8_000 })],
    ['it has no rate at all', 'OPTION_INVALID', /not audio/, () => untyped(second)],
    ...Object.entries({
      undefined: undefined,
      null: null,
      'a number': 5,
      'a truth': true,
      'an object': {},
      'an array': [],
      'an ArrayBuffer': new ArrayBuffer(8),
      'a symbol': Symbol('audio'),
      'a function': () => jfk,
    }).map(([what, input]): [string, EngineErrorCode, RegExp, () => AudioInput] => [
      `it is ${what}`,
      'OPTION_INVALID',
      /The input is not audio/,
      () => untyped(input),
    ]),
    ['it is a web address', 'OPTION_INVALID', /not fetched/, () => new URL('https://example.org/jfk.wav')],
    ['it is an address of another host', 'OPTION_INVALID', /no file/, () => new URL('file://server/share/jfk.wav')],
  ];

  test.each(cases)('%s: %s', async (_when, code, says, input) => {
    await expectRefusal(engine.transcribe(await input()), code, says);
  });

  test('it is noise to ffmpeg too: AUDIO_BROKEN', async () => {
    await expectRefusal(engineWithFfmpeg.transcribe(noise), 'AUDIO_BROKEN', /ffmpeg could not decode/);
    await expectRefusal(engineWithFfmpeg.transcribe('/dev/null'), 'AUDIO_BROKEN', /ffmpeg could not decode/);
    expect((await engineWithFfmpeg.transcribe(beginning)).text).toBe(text);
  });
});

function failing(): Readable {
  return new Readable({
    read() {
      this.push(jfkBytes.subarray(0, 1_000));
      this.destroy(new Error('the line is dead'));
    },
  });
}

describe('audio with nothing to hear gives an empty transcript:', () => {
  const cases: readonly [string, number, () => AudioInput | Promise<AudioInput>][] = [
    ...[1, 100, 399, 400].map((count): [string, number, () => AudioInput] => [
      `${count} samples`,
      count / 16_000,
      () => ({ samples: new Float32Array(count).fill(0.1), sampleRate: 16_000 }),
    ]),
    ['399 samples at 48 kHz', 133 / 16_000, () => ({ samples: new Int16Array(399).fill(9_000), sampleRate: 48_000 })],
    ['one channel of two', 0, () => ({ samples: new Float32Array(1), sampleRate: 16_000, channels: 2 })],
    ['two hours of silence as samples', 7_200, () => ({ samples: new Int16Array(7_200 * 8_000), sampleRate: 8_000 })],
    ['two hours of silence as a file', 7_200, () => silentWav(7_200)],
  ];

  test.each(cases)('%s', async (_what, seconds, input) => {
    const transcript = await engine.transcribe(await input());
    expect(transcript).toMatchObject({ text: '', segments: [], timings: { pieces: 0, decodeSeconds: 0 } });
    expect(transcript.durationSeconds).toBeCloseTo(seconds, 4);
  });
});

/** A wav file that is all hole. */
async function silentWav(seconds: number): Promise<string> {
  const path = join(folder, 'silence.wav');
  const sizeBytes = seconds * 16_000 * 2;
  const header = wavHeader(sizeBytes);
  const file = await open(path, 'w');
  await file.write(header);
  await file.truncate(header.length + sizeBytes);
  await file.close();
  return path;
}

describe('a transcription is refused when', () => {
  const cases: readonly [string, EngineErrorCode, RegExp, () => TranscribeOptions][] = [
    ['nobody knows its language', 'LANGUAGE_UNKNOWN', /Did you mean 'german'/, () => ({ language: 'germann' })],
    ['its language has no name', 'LANGUAGE_UNKNOWN', /does not know/, () => ({ language: '' })],
    ['its language is a number', 'OPTION_INVALID', /`language` is 5/, () => ({ language: untyped(5) })],
    ['the model does not speak it', 'LANGUAGE_UNSUPPORTED', /asked for 'de'/, () => ({ language: 'German' })],
    ['its task is unheard of', 'OPTION_INVALID', /transcribe, translate/, () => ({ task: untyped('sing') })],
    ['its prompt is a number', 'OPTION_INVALID', /`prompt` is 5/, () => ({ prompt: untyped(5) })],
    ['it wants words “maybe”', 'OPTION_INVALID', /`words` is maybe/, () => ({ words: untyped('maybe') })],
    ['its beam is nothing', 'OPTION_INVALID', /`beamSize` is 0/, () => ({ beamSize: 0 })],
    ['its beam is too wide', 'OPTION_INVALID', /from 1 to 8/, () => ({ beamSize: 9 })],
    ['its deadline is nothing', 'OPTION_INVALID', /`deadlineSeconds` is 0/, () => ({ deadlineSeconds: 0 })],
    ['its deadline is NaN', 'OPTION_INVALID', /`deadlineSeconds` is NaN/, () => ({ deadlineSeconds: Number.NaN })],
    ['its deadline is in the past', 'OPTION_INVALID', /above zero/, () => ({ deadlineSeconds: -1 })],
    ['its deadline is text', 'OPTION_INVALID', /above zero/, () => ({ deadlineSeconds: untyped('5') })],
    ['its deadline passes', 'DEADLINE_EXCEEDED', /within 0\.001 s/, () => ({ deadlineSeconds: 0.001 })],
    ['its signal is none', 'OPTION_INVALID', /AbortSignal/, () => ({ signal: untyped({}) })],
    ['it is aborted before it begins', 'ABORTED', /aborted/, () => ({ signal: AbortSignal.abort() })],
    ['it is aborted while it is decoded', 'ABORTED', /aborted/, () => abortedOnProgress()],
  ];

  test.each(cases)('%s: %s', async (_when, code, says, options) => {
    await expectRefusal(engine.transcribe(jfk, options()), code, says);
  });

  test('the engine is closed: ENGINE_CLOSED', async () => {
    const closed = await createEngine({ model: 'tiny.en', slots: 1 });
    await closed.close();
    await expectRefusal(closed.transcribe(jfk), 'ENGINE_CLOSED', /Create a new one/);
  });
});

function abortedOnProgress(): TranscribeOptions {
  const abort = new AbortController();
  return { signal: abort.signal, onProgress: () => abort.abort() };
}
