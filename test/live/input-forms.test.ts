import { createReadStream, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AudioInput, createEngine, type Engine } from '../../dist/index.js';
import { bundled, jfkSays, pcm, samplesOf, spoken } from './clips.js';

const path = bundled('jfk.wav');
const bytes = readFileSync(path);
const samples = await samplesOf(path);

let engine: Engine;
let text: string;
beforeAll(async () => {
  engine = await createEngine({ model: 'tiny.en', slots: 1 });
  ({ text } = await engine.transcribe(path));
});
afterAll(() => engine.close());

/** Each sample `times` over, on two equal channels. */
function repeatedInStereo(mono: Float32Array, times: number): Float32Array {
  const stereo = new Float32Array(mono.length * times * 2);
  for (const [at, sample] of mono.entries()) stereo.fill(sample, at * times * 2, (at + 1) * times * 2);
  return stereo;
}

function inTheMiddleOf(content: Uint8Array): Uint8Array {
  const larger = new Uint8Array(content.length + 20);
  larger.set(content, 7);
  return larger.subarray(7, 7 + content.length);
}

describe('the text is the same whether the audio is given as', () => {
  test.each<[string, () => AudioInput]>([
    ['a relative path', () => bundled('jfk.wav').replace(process.cwd(), '.')],
    ['a file: URL', () => pathToFileURL(path)],
    ['a Buffer', () => bytes],
    ['a Uint8Array within a larger one', () => inTheMiddleOf(bytes)],
    ['a Node stream', () => createReadStream(path)],
    ['a Node stream in small parts', () => createReadStream(path, { highWaterMark: 777 })],
    ['a web stream', () => Readable.toWeb(createReadStream(path))],
    ['the stream of a Blob', () => new Blob([bytes]).stream()],
    ['Float32 samples', () => pcm(samples)],
    ['Int16 samples', () => ({ samples: Int16Array.from(samples, (sample) => sample * 32_768), sampleRate: 16_000 })],
    ['48 kHz stereo', () => ({ samples: repeatedInStereo(samples, 3), sampleRate: 48_000, channels: 2 })],
    [
      'samples in shared memory',
      () => pcm(new Float32Array(new SharedArrayBuffer(samples.byteLength)).map((_, at) => samples[at] ?? 0)),
    ],
  ])('%s', async (_form, input) => {
    const transcript = await engine.transcribe(input());
    expect(transcript.text).toBe(text);
    expect(transcript.durationSeconds).toBeCloseTo(11, 3);
  });
});

describe('the words are heard in', () => {
  test.each(['jfk.wav', 'jfk.mp3', 'jfk.flac', 'jfk.ogg'])('%s, as a file and as bytes', async (fileName) => {
    const fromFile = await engine.transcribe(bundled(fileName));
    const fromBytes = await engine.transcribe(readFileSync(bundled(fileName)));
    expect(spoken(fromFile.text)).toContain(jfkSays);
    expect(fromBytes.text).toBe(fromFile.text);
    expect(fromFile.durationSeconds).toBeCloseTo(11, 1);
  });
});

test('the samples stay the caller’s: they are as before, and may be reused at once', async () => {
  const mine = samples.slice();
  const transcript = engine.transcribe(pcm(mine));
  mine.fill(0);
  expect((await transcript).text).toBe(text);
  expect(mine.every((sample) => sample === 0)).toBe(true);
});
