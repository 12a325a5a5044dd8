import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { planJobs, writeWhole } from '../../dist/cli/output.js';
import { EngineError } from '../../dist/errors.js';
import type { TranscriptFormat } from '../../dist/transcript/format.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'whisperpool-output-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function places(inputs: string[], output: string | undefined, format: TranscriptFormat): string[] {
  const jobs = planJobs(inputs, output === undefined ? undefined : join(folder, '/') + output, format);
  return jobs.map(({ name, destination }) => {
    const place = destination.kind === 'stdout' ? 'stdout' : destination.path.replace(folder, '').replace(/^\/+/u, '');
    return `${name} → ${place}`;
  });
}

describe('a transcript goes', () => {
  test.each<[string, string[], string | undefined, TranscriptFormat, string[]]>([
    ['to stdout unless told otherwise', ['a.wav'], undefined, 'srt', ['a.wav → stdout']],
    ['to stdout with others as text', ['a.wav', '-'], undefined, 'txt', ['a.wav → stdout', 'stdin → stdout']],
    ['into the file that is named', ['a.wav'], 'out.json', 'srt', ['a.wav → out.json']],
    ['into a folder that exists', ['x/a.wav'], 'there', 'vtt', ['x/a.wav → there/a.vtt']],
    [
      'into a folder that is made',
      ['a.b.mp3', '-'],
      'new/deep/',
      'verbose_json',
      ['a.b.mp3 → new/deep/a.b.json', 'stdin → new/deep/stdin.json'],
    ],
  ])('%s', (_behaviour, inputs, output, format, expected) => {
    mkdirSync(join(folder, 'there'));
    expect(places(inputs, output, format)).toEqual(expected);
  });

  test.each<[string, string[], string | undefined, TranscriptFormat, RegExp]>([
    ['to stdout with others in a format for one', ['a.wav', 'b.wav'], undefined, 'vtt', /-o FOLDER\//u],
    ['into one file with others', ['a.wav', 'b.wav'], 'out.txt', 'txt', /Several transcripts/u],
    ['into a folder where another of its name goes', ['x/a.wav', 'y/a.mp3'], 'new/', 'txt', /would both be/u],
    ['into a file in a folder that does not exist', ['a.wav'], 'new/out.txt', 'txt', /does not exist/u],
    ['into a folder that cannot be made', ['a.wav'], 'file/new/', 'txt', /cannot be made/u],
    ['twice from stdin', ['-', '-'], 'new/', 'txt', /only once/u],
  ])('never %s', (_behaviour, inputs, output, format, message) => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => places(inputs, output, format)).toThrow(
      expect.objectContaining({
        constructor: EngineError,
        code: 'OPTION_INVALID',
        message: expect.stringMatching(message),
      }),
    );
  });

  test('never over an audio file of the same run, whatever it is called', () => {
    const audio = join(folder, 'a.wav');
    writeFileSync(audio, 'audio');
    symlinkSync(audio, join(folder, 'link.txt'));
    expect(() => planJobs([audio], audio, 'txt')).toThrow(/would replace/u);
    expect(() => planJobs([audio], join(folder, 'link.txt'), 'txt')).toThrow(/would replace/u);
  });
});

describe('writing a transcript', () => {
  test('leaves the file and nothing else', () => {
    writeWhole(join(folder, 'out.txt'), '한국어\n');
    expect(readFileSync(join(folder, 'out.txt'), 'utf8')).toBe('한국어\n');
    expect(readdirSync(folder)).toEqual(['out.txt']);
  });

  test('replaces a file, keeping its mode', () => {
    const path = join(folder, 'out.txt');
    writeFileSync(path, 'old');
    chmodSync(path, 0o600);
    writeWhole(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('writes through a symbolic link', () => {
    mkdirSync(join(folder, 'real'));
    writeFileSync(join(folder, 'real/out.txt'), 'old');
    symlinkSync(join(folder, 'real/out.txt'), join(folder, 'link.txt'));
    writeWhole(join(folder, 'link.txt'), 'new');
    expect(readFileSync(join(folder, 'real/out.txt'), 'utf8')).toBe('new');
    expect(readdirSync(join(folder, 'real'))).toEqual(['out.txt']);
  });

  test('writes straight into a device', () => {
    writeWhole('/dev/null', 'nothing');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test('leaves nothing behind when the place is taken by a folder', () => {
    mkdirSync(join(folder, 'out.txt'));
    expect(() => writeWhole(join(folder, 'out.txt'), 'text')).toThrow(/EISDIR/u);
    expect(readdirSync(folder)).toEqual(['out.txt']);
  });
});
