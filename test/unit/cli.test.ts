import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const jfk = fileURLToPath(new URL('../fixtures/jfk.wav', import.meta.url));
const tiny = ['--model', 'tiny.en'];
const said = 'ask not what your country can do for you';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'whisperpool-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [main, ...args], { cwd: folder, stdio: 'pipe' });
}

/** As a shell reports it: 128 and the signal's number when a signal ended the child. */
function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    child.on('error', reject);
  });
}

async function whisperpool(args: readonly string[], stdin = new Uint8Array()): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: 'pipe' });
  child.stdin.end(stdin);
  const [exitCode, stdout, stderr] = await Promise.all([exitCodeOf(child), text(child.stdout), text(child.stderr)]);
  return { exitCode, stdout, stderr };
}

describe('the command line', () => {
  test('knows its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(await whisperpool(['--version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('documents its exit codes in --help', async () => {
    const { exitCode, stdout } = await whisperpool(['transcribe', '--help']);
    expect(exitCode).toBe(0);
    for (const code of [0, 1, 2, 3, 130, 143]) expect(stdout).toMatch(new RegExp(`^ {2}${String(code)} +\\w`, 'mu'));
  });

  test.each<[string, number, string[], RegExp]>([
    ['no command', 2, [], /Usage/u],
    ['an unknown command', 2, ['dance'], /unknown command 'dance'/u],
    ['no file', 2, ['transcribe'], /missing required argument/u],
    ['an unknown option', 2, ['transcribe', '--loud', jfk], /unknown option '--loud'/u],
    ['an unknown format', 2, ['transcribe', '-f', 'docx', jfk], /Allowed choices are json/u],
    ['no slots', 2, ['transcribe', '--slots', '0', jfk], /whole number/u],
    ['a fraction of a thread', 2, ['transcribe', '--threads', '1.5', jfk], /whole number/u],
    ['several subtitles on stdout', 2, ['transcribe', '-f', 'srt', jfk, jfk], /-o FOLDER\/.*\(OPTION_INVALID\)/u],
    ['a model that nobody knows', 2, ['transcribe', '-m', 'huge.en', jfk], /\(MODEL_UNKNOWN\)/u],
    ['a model file that is not there', 3, ['transcribe', '-m', './ggml-none.bin', jfk], /\(MODEL_MISSING\)/u],
    ['a language that nobody knows', 2, ['transcribe', ...tiny, '-l', 'klingon', jfk], /\(LANGUAGE_UNKNOWN\)/u],
    ['German of an English model', 2, ['transcribe', ...tiny, '-l', 'de', jfk, jfk], /\(LANGUAGE_UNSUPPORTED\)/u],
  ])('given %s exits with %i', async (_what, expected, args, message) => {
    const { exitCode, stdout, stderr } = await whisperpool(args);
    expect(stderr).toMatch(message);
    expect(stderr.match(/whisperpool: /gu)?.length ?? 1).toBe(1);
    expect({ exitCode, stdout }).toEqual({ exitCode: expected, stdout: '' });
  });
});

describe('whisperpool transcribe', () => {
  test('prints the text on stdout and its speed on stderr', async () => {
    const { exitCode, stdout, stderr } = await whisperpool(['transcribe', ...tiny, jfk]);
    expect(stdout.toLowerCase()).toContain(said);
    expect(stdout.endsWith('\n')).toBe(true);
    expect(stderr).toMatch(/jfk\.wav: 11\.0 s of audio in \d+\.\d s, RTF \d+\.\d\d\n$/u);
    expect(exitCode).toBe(0);
  });

  test('writes into a file what it prints, and reads stdin as it reads a file', async () => {
    const printed = await whisperpool(['transcribe', ...tiny, '-'], readFileSync(jfk));
    const written = await whisperpool(['transcribe', ...tiny, '-o', 'out.txt', jfk]);
    expect(printed).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('stdin: 11.0 s') });
    expect(written).toMatchObject({ exitCode: 0, stdout: '' });
    expect(readFileSync(join(folder, 'out.txt'), 'utf8')).toBe(printed.stdout);
    expect(readdirSync(folder)).toEqual(['out.txt']);
  });

  test('gives the field names of OpenAI and the times of words', async () => {
    const { stdout } = await whisperpool(['transcribe', ...tiny, '--words', '--format', 'verbose_json', jfk]);
    expect(JSON.parse(stdout)).toMatchObject({
      task: 'transcribe',
      language: 'english',
      duration: 11,
      text: expect.stringContaining('country'),
      segments: expect.arrayContaining([expect.objectContaining({ id: 0, no_speech_prob: expect.any(Number) })]),
      words: expect.arrayContaining([{ word: 'country', start: expect.any(Number), end: expect.any(Number) }]),
    });
  });

  test('heads the text of each of several files and goes on after one that fails', async () => {
    writeFileSync(join(folder, 'noise.wav'), 'not audio at all');
    const inputs = [jfk, 'none.wav', 'noise.wav', '-'];
    const { exitCode, stdout, stderr } = await whisperpool(['transcribe', ...tiny, ...inputs], readFileSync(jfk));
    expect(exitCode).toBe(1);
    expect(stdout.match(/^==> .* <==$/gmu)).toEqual([`==> ${jfk} <==`, '==> stdin <==']);
    expect(stdout.toLowerCase().split(said)).toHaveLength(3);
    expect(stderr).toMatch(/^whisperpool: none\.wav: .* \(AUDIO_MISSING\)$/mu);
    expect(stderr).toMatch(/^whisperpool: noise\.wav: .* \(AUDIO_\w+\)$/mu);
  });

  test('writes one file per input into a folder, also when another input fails', async () => {
    const { exitCode, stdout } = await whisperpool(['transcribe', ...tiny, '-f', 'srt', '-o', 'out/', 'none.wav', jfk]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(readdirSync(join(folder, 'out'))).toEqual(['jfk.srt']);
    expect(readFileSync(join(folder, 'out', 'jfk.srt'), 'utf8')).toMatch(
      /^1\n00:00:\d\d,\d{3} --> 00:00:\d\d,\d{3}\n\S.*\n/u,
    );
  });

  test('tells the cause of an error only when asked', async () => {
    const unwritable = ['transcribe', '-o', 'none/out.txt', jfk];
    const [brief, verbose] = [await whisperpool(unwritable), await whisperpool([...unwritable, '--verbose'])];
    expect(brief).toMatchObject({ exitCode: 2, stderr: expect.not.stringContaining('caused by') });
    expect(verbose).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('\n  caused by: ENOENT') });
  });

  test('is quiet and content when the reader of stdout goes away', async () => {
    const child = start(['transcribe', ...tiny, jfk]);
    child.stdout?.destroy();
    const [exitCode, stderr] = await Promise.all([exitCodeOf(child), child.stderr ? text(child.stderr) : '']);
    expect(exitCode).toBe(0);
    expect(stderr).not.toMatch(/EPIPE|whisperpool:/u);
  });
});

describe('an interrupted whisperpool transcribe', () => {
  test.each<['SIGINT' | 'SIGTERM', number]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('by %s exits with %i and leaves no file', async (signal, expected) => {
    writeFileSync(join(folder, 'long.wav'), repeated(readFileSync(jfk), 100));
    const child = start(['transcribe', ...tiny, '-o', 'out/', 'long.wav']);
    // The first line of progress says that a decode is under way.
    child.stderr?.once('data', () => child.kill(signal));
    const [exitCode, stderr] = await Promise.all([exitCodeOf(child), child.stderr ? buffer(child.stderr) : '']);
    expect({ exitCode, files: readdirSync(join(folder, 'out')) }).toEqual({ exitCode: expected, files: [] });
    expect(stderr.toString()).not.toContain('whisperpool:');
    expect(existsSync(join(folder, 'out', 'long.txt'))).toBe(false);
  });
});

/** The WAV file `wav` with its samples `times` over. */
function repeated(wav: Buffer, times: number): Buffer {
  const samplesAt = wav.indexOf('data') + 8;
  const header = Buffer.from(wav.subarray(0, samplesAt));
  const samples = wav.subarray(samplesAt);
  header.writeUInt32LE(samplesAt - 8 + samples.length * times, 4);
  header.writeUInt32LE(samples.length * times, samplesAt - 4);
  return Buffer.concat([header, ...Array.from({ length: times }, () => samples)]);
}
