import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ffmpeg from '@ffmpeg-installer/ffmpeg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createEngine, type Engine } from '../../dist/index.js';
import { bundled, jfkSays, shared, spoken } from './clips.js';

/** Recordings made here, and under `spool/` what the engine itself puts on the disk. */
const folder = mkdtempSync(join(tmpdir(), 'ffmpeg-test-'));
const spool = mkdtempSync(join(folder, 'spool-'));

/** An engine whose threads see this PATH; they take the environment over when they start. */
async function engineWithPath(path: string): Promise<Engine> {
  vi.stubEnv('PATH', path);
  vi.stubEnv('TMPDIR', spool);
  return createEngine({ model: 'tiny.en', slots: 1 }).finally(() => vi.unstubAllEnvs());
}

let engine: Engine;
let engineWithout: Engine;
beforeAll(async () => {
  engine = await engineWithPath(dirname(ffmpeg.path));
  engineWithout = await engineWithPath(join(folder, 'nothing-is-here'));
});
afterAll(async () => {
  await Promise.all([engine.close(), engineWithout.close()]);
  rmSync(folder, { recursive: true });
});

/** jfk.wav in another format. */
function encoded(fileName: string, ...options: readonly string[]): string {
  const path = join(folder, fileName);
  if (!existsSync(path)) {
    execFileSync(ffmpeg.path, ['-v', 'error', '-i', bundled('jfk.wav'), ...options, path]);
  }
  return path;
}

const recordings: readonly [what: string, make: () => string][] = [
  ['m4a', () => encoded('jfk.m4a', '-c:a', 'aac', '-ar', '44100')],
  ['opus', () => encoded('jfk.opus', '-c:a', 'libopus')],
  ['a video', () => encoded('jfk.mkv', '-f', 'lavfi', '-i', 'color=s=64x64:d=11:r=5', '-c:a', 'libopus')],
];

describe('with ffmpeg on the PATH, the words are heard in', () => {
  test.each(recordings)('%s, as a file and as bytes', async (_what, make) => {
    const path = make();
    const fromFile = await engine.transcribe(path);
    const fromBytes = await engine.transcribe(readFileSync(path));
    expect(spoken(fromFile.text)).toContain(jfkSays);
    expect(fromBytes.text).toBe(fromFile.text);
    expect(fromFile.durationSeconds).toBeCloseTo(11, 0);
  });

  test.skipIf(!existsSync(shared('jfk_441khz.m4a')))('an m4a of somebody else (needs ../shared/data)', async () => {
    const { text, durationSeconds } = await engine.transcribe(shared('jfk_441khz.m4a'));
    expect(spoken(text)).toContain('what your country can do for you');
    expect(durationSeconds).toBeCloseTo(11, 0);
  });

  test('a file whose name looks like an address', async () => {
    const path = join(folder, 'concat:jfk.m4a');
    writeFileSync(path, readFileSync(encoded('jfk.m4a')));
    expect(spoken((await engine.transcribe(path)).text)).toContain(jfkSays);
  });
});

describe('what ffmpeg cannot read', () => {
  test.each<[string, () => Uint8Array]>([
    ['is broken when it is noise', () => Buffer.alloc(5000, 'neither audio nor video ')],
    [
      'is broken when it is a playlist of files on this machine',
      () => Buffer.from(`#EXTM3U\n#EXT-X-TARGETDURATION:20\n#EXTINF:11,\n${bundled('jfk.mp3')}\n#EXT-X-ENDLIST\n`),
    ],
    ['is broken when it is half an m4a', () => readFileSync(encoded('jfk.m4a')).subarray(0, 20_000)],
  ])('%s', async (_what, bytes) => {
    await expect(engine.transcribe(bytes())).rejects.toMatchObject({
      name: 'EngineError',
      code: 'AUDIO_BROKEN',
      message: expect.stringContaining('ffmpeg could not decode this audio: '),
    });
    expect(spoken((await engine.transcribe(encoded('jfk.m4a'))).text)).toContain(jfkSays);
  });
});

describe('without ffmpeg on the PATH', () => {
  test.each<[string, () => string | Uint8Array]>([
    ['a file', () => encoded('jfk.m4a')],
    ['its bytes', () => readFileSync(encoded('jfk.m4a'))],
  ])('%s of another format is refused with the name of what is missing', async (_what, input) => {
    await expect(engineWithout.transcribe(input())).rejects.toMatchObject({
      name: 'EngineError',
      code: 'AUDIO_UNSUPPORTED',
      message: expect.stringContaining('Install ffmpeg'),
    });
    expect(spoken((await engineWithout.transcribe(bundled('jfk.wav'))).text)).toContain(jfkSays);
  });
});

test('an abort while ffmpeg is at work ends it, and no file is left behind', async () => {
  const abort = new AbortController();
  const long = encoded('long.mkv', '-af', 'aloop=loop=60:size=176000', '-c:a', 'pcm_s16le');
  const stopped = engine.transcribe(readFileSync(long), { signal: abort.signal, onProgress: () => abort.abort() });
  await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
  await expect.poll(() => readdirSync(spool), { timeout: 60_000 }).toEqual([]);
});
