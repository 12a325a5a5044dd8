import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import type { Chunk } from '../../dist/provider/recognition.js';
import {
  type OpenModel,
  type ProcessDeath,
  ResidentProcess,
  type ResidentProcessOptions,
} from '../../dist/provider/subprocess/resident-process.js';
import { subprocess } from '../../dist/provider/subprocess/subprocess-provider.js';
import { ManualClock } from '../manual-clock.js';

const folder = await mkdtemp(join(tmpdir(), 'provider-process-'));
const open: ResidentProcess[] = [];
afterEach(() => Promise.all(open.splice(0).map((process) => process.close())));
afterAll(() => rm(folder, { recursive: true }));

const programs = fileURLToPath(new URL('providers/', import.meta.url));
const plan = { slots: 1, threadsPerSlot: 1 };
const model = { name: 'sums', variant: 'f32', path: '' };

function residentOf(program: string, options: Partial<ResidentProcessOptions> = {}, ...args: readonly string[]) {
  const { execPath: command } = process;
  const resident = new ResidentProcess({
    name: 'echo',
    command,
    args: [join(programs, program), ...args],
    env: {},
    ...options,
  });
  open.push(resident);
  return resident;
}

async function opened(resident: ResidentProcess, name = 'model'): Promise<OpenModel> {
  await resident.start();
  return resident.open({ name });
}

function chunkOf(
  prompt = '',
  samples: readonly number[] = [1, 2, 3],
  deadlineAtSeconds = Number.POSITIVE_INFINITY,
): Chunk {
  const pcm = new Float32Array(new SharedArrayBuffer(4 * samples.length));
  pcm.set(samples);
  return {
    pcm,
    speechEndSeconds: 0,
    language: 'en',
    translate: false,
    prompt,
    words: false,
    beamSize: 1,
    encoderContext: 'sized',
    deadlineAtSeconds,
  };
}

async function textOf(model: OpenModel, chunk: Chunk): Promise<string> {
  const { recognition } = await model.decode(chunk).outcome;
  return recognition.segments.map(({ text }) => text).join('');
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'resolved',
    (error: unknown) => (error as { code: string }).code,
  );

/** Children of this process, with the state the kernel has them in; `Z` is a zombie. */
function childStates(): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/u.test(pid)) return [];
    try {
      const [state = '', parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return parent === String(process.pid) ? [state] : [];
    } catch {
      return [];
    }
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a provider that behaves', () => {
  test('gives its text, what the host fills in, and who it is', async () => {
    const model = await opened(residentOf('echo.mjs'));
    const { recognition, provider } = await model.decode(chunkOf('', [0.5, 0.25])).outcome;
    expect(provider).toBe('echo');
    expect(recognition).toEqual({
      segments: [
        {
          startSeconds: 0,
          endSeconds: 2 / 16_000,
          text: 'model 2 0.75',
          averageLogProbability: 0,
          compressionRatio: expect.any(Number),
        },
      ],
      language: 'en',
      noSpeechProbability: 0,
      temperature: 0,
      encoderContext: 1500,
      decodeSeconds: 0,
    });
  });

  test('answers two hundred decodes, each with its own text, on one process', async () => {
    const deaths: ProcessDeath[] = [];
    const model = await opened(residentOf('echo.mjs', { onDeath: (death) => deaths.push(death) }));
    const texts = await Promise.all(Array.from({ length: 200 }, (_, at) => textOf(model, chunkOf('', [at, 1]))));
    expect(texts).toEqual(texts.map((_, at) => `model 2 ${at + 1}`));
    expect(deaths).toEqual([]);
  });

  test('gets all of chunks that are larger than its pipe, also when one is stopped and its memory used again', async () => {
    const model = await opened(residentOf('echo.mjs'));
    const thirtySeconds = () => new Float32Array(new SharedArrayBuffer(4 * 480_000)).fill(1);
    const [ones, others] = [thirtySeconds(), thirtySeconds()];
    const held = model.decode({ ...chunkOf('hold'), pcm: others });
    const texts = [1, 2, 3, 4, 5, 6].map(() => textOf(model, { ...chunkOf(), pcm: ones }));
    held.stop();
    expect(await codeOf(held.outcome)).toBe('ABORTED');
    others.fill(7);
    expect(await Promise.all(texts)).toEqual(Array(6).fill('model 480000 480000'));
  });

  test('has no more decodes under way than its credit; the rest wait in order', async () => {
    const model = await opened(residentOf('echo.mjs'));
    const held = [1, 2, 3, 4].map(() => model.decode(chunkOf('hold')));
    const waiting = [5, 6].map(() => textOf(model, chunkOf('count')));
    const stopped = model.decode(chunkOf('count'));
    stopped.stop();
    expect(await codeOf(stopped.outcome)).toBe('ABORTED');
    expect(await Promise.race([...waiting, Promise.resolve('none yet')])).toBe('none yet');
    held[0]?.stop();
    const counts = (await Promise.all(waiting)).map((text) => text.split(' ')[1]);
    expect(counts).toEqual(['5', '6']);
    for (const decode of held) decode.stop();
    expect(await Promise.all(held.map((decode) => codeOf(decode.outcome)))).toEqual(Array(4).fill('ABORTED'));
  });

  test.each([
    ['under way, by its provider', 'hold', 0],
    ['waiting, by the host', 'hold', 4],
  ])('settles a deadline: %s', async (_, prompt, before) => {
    const clock = new ManualClock();
    const model = await opened(residentOf('echo.mjs', { clock }));
    const held = Array.from({ length: before }, () => model.decode(chunkOf('hold')));
    const outcome = codeOf(model.decode(chunkOf(prompt, [1], clock.nowSeconds() + 0.05)).outcome);
    if (before > 0) clock.advance(0.05);
    expect(await outcome).toBe('DEADLINE_EXCEEDED');
    for (const decode of held) decode.stop();
  });

  test('that cannot stop a decode gives its caller back at once, and its credit later', async () => {
    const resident = residentOf('echo.mjs');
    await resident.start();
    const model = await resident.open({ name: 'model', capabilities: { abort: false } });
    const decode = model.decode(chunkOf('slow'));
    decode.stop();
    expect(await codeOf(decode.outcome)).toBe('ABORTED');
    expect(await textOf(model, chunkOf('slow'))).toBe('model 3 6');
  });

  test('streams, refuses, and may say a few lines that are none of ours', async () => {
    const model = await opened(residentOf('echo.mjs', { env: { STRAY_LINES: '15' } }));
    const texts: string[] = [];
    await model.decode(chunkOf('stream'), (text) => texts.push(text)).outcome;
    expect(texts).toEqual(['so far']);
    // The code of a death is the host's own, and would have the chunk tried again.
    expect(await codeOf(model.decode(chunkOf('refuse')).outcome)).toBe('DECODE_FAILED');
    expect(await codeOf(model.decode(chunkOf('', [Number.NaN])).outcome)).toBe('AUDIO_INVALID');
    expect(await textOf(model, chunkOf())).toBe('model 3 6');
  });

  test('sees its own environment and folder, and PATH, HOME and LANG of the host when it is a provider of the engine', async () => {
    const bare = JSON.parse(
      await textOf(await opened(residentOf('echo.mjs', { env: { A: '1' }, folder })), chunkOf('environment')),
    );
    expect(bare).toEqual({ environment: ['A'], folder });
    const { execPath: command } = process;
    const provider = subprocess({
      name: 'echo',
      command,
      args: [join(programs, 'echo.mjs')],
      settings: {},
      model,
      env: { A: '1' },
    });
    const recognizer = await provider.open(plan);
    try {
      const { recognition } = await recognizer.decode(chunkOf('environment')).outcome;
      const { environment } = JSON.parse(recognition.segments[0]?.text ?? '{}') as { environment: string[] };
      expect(environment.filter((name) => !['PATH', 'HOME', 'LANG'].includes(name))).toEqual(['A']);
      expect(environment).toContain('PATH');
      await recognizer.warm();
    } finally {
      await recognizer.close();
    }
    expect(await provider.probe()).toEqual({ kind: 'available', version: '1.0', backend: 'sums' });
  });
});

describe('a program that', () => {
  /** Why it cannot be had, as a provider of the engine says it. */
  async function reasonOf(command: string, ...args: readonly string[]): Promise<string> {
    const needs = 'Install it with `make sums`.';
    const provider = subprocess({ name: 'sums', command, args, settings: {}, model, needs, startTimeoutSeconds: 1.5 });
    const state = await provider.probe();
    const reason = state.kind === 'unavailable' ? state.reason : 'available';
    expect(reason).toContain(needs);
    await expect(provider.open(plan)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    return reason;
  }

  test.each([
    ['exits-at-load', 'exit code 3. Its last words: cannot open libsums.so'],
    ['prints-garbage', '21 lines in a row that are no answers'],
    ['says-nothing', 'did not say hello within 1.5 s'],
    ['speaks-another-protocol', 'it speaks protocol 2, not 1'],
    ['gives-no-credit', '`credit` is no whole number from 1'],
    ['answers-before-hello', 'nobody asked this'],
    ['closes-its-output', 'closed its standard output'],
    ['writes-an-endless-line', 'wrote a line of more than 8388608 bytes'],
    ['complains-without-end', 'the very last words'],
  ])('%s does not start, and says why', async (fault, says) => {
    expect(await reasonOf(process.execPath, join(programs, 'misbehave.mjs'), fault)).toContain(says);
  });

  test('is not there does not start', async () => {
    expect(await reasonOf(join(folder, 'nothing'))).toContain('ENOENT');
  });

  test.skipIf(spawnSync('cc', ['--version']).status !== 0)(
    'has an instruction that this CPU lacks does not start (where there is a C compiler)',
    async () => {
      const source = join(folder, 'illegal.c');
      await writeFile(source, 'int main(void) { __builtin_trap(); }\n');
      execFileSync('cc', ['-o', join(folder, 'illegal'), source]);
      expect(await reasonOf(join(folder, 'illegal'))).toMatch(/SIGILL|SIGTRAP/u);
    },
  );

  test.each([
    ['answers-with-the-wrong-id', 'nobody asked this'],
    ['answers-with-another-kind', 'was a decode'],
    ['answers-with-an-unknown-kind', 'no answer is of the kind `sung`'],
    ['answers-with-broken-json', 'JSON'],
    ['answers-with-wrong-types', '`text` is no text'],
    ['says-hello-twice', 'a second hello'],
    ['stops-itself', 'was silent for 0.5 s'],
    ['floods-its-output', 'lines in a row'],
    ['dies-while-it-decodes', 'SIGKILL'],
    ['stops-reading', 'closed its standard input|was silent'],
  ])('%s loses its decode, not its host', async (fault, says) => {
    const deaths: ProcessDeath[] = [];
    const onDeath = (death: ProcessDeath) => deaths.push(death);
    const resident = residentOf('misbehave.mjs', { onDeath, heartbeatSeconds: 0.2, silenceSeconds: 0.5 }, fault);
    const model = await opened(resident);
    expect(await codeOf(model.decode(chunkOf()).outcome)).toBe('WORKER_DIED');
    expect(deaths[0]?.reason).toMatch(new RegExp(says, 'u'));
    expect(deaths[0]?.servedDecodes).toBe(0);
  });

  test('floods its output with texts is heard out, and costs no memory', async () => {
    const model = await opened(residentOf('misbehave.mjs', {}, 'floods-its-output-with-texts'));
    const before = process.memoryUsage();
    expect(await textOf(model, chunkOf())).toBe('after the flood');
    const after = process.memoryUsage();
    // 100 MB came.
    expect(after.external + after.heapUsed - before.external - before.heapUsed).toBeLessThan(50e6);
  });

  test('never answers is killed when a decode was to end and did not', async () => {
    const clock = new ManualClock();
    const deaths: ProcessDeath[] = [];
    const resident = residentOf(
      'misbehave.mjs',
      { clock, heartbeatSeconds: 1e6, silenceSeconds: 1e6, onDeath: (death) => deaths.push(death) },
      'never-answers',
    );
    const model = await opened(resident);
    const decode = model.decode(chunkOf());
    decode.stop();
    clock.advance(5);
    expect(await codeOf(decode.outcome)).toBe('ABORTED');
    await vi.waitFor(() => expect(deaths[0]?.reason).toContain('did not end a decode within 5 s'));
  });

  test('will not end is ended', async () => {
    const clock = new ManualClock();
    const resident = residentOf('misbehave.mjs', { clock }, 'will-not-end');
    await resident.start();
    const { pid = 0 } = resident;
    const closed = resident.close();
    await vi.waitFor(() => expect(clock.pending).toBe(2));
    clock.advance(2);
    expect(isAlive(pid)).toBe(true);
    clock.advance(2);
    await closed;
    expect(isAlive(pid)).toBe(false);
  });
});

describe('a process that dies', () => {
  test('is there again at once when it has decoded, with its models, and what waited goes on', async () => {
    const clock = new ManualClock();
    const resident = residentOf('echo.mjs', { clock });
    const model = await opened(resident);
    const other = await resident.open({ name: 'other' });
    expect(await textOf(other, chunkOf())).toBe('other 3 6');
    const { pid = 0 } = resident;
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(resident.pid).not.toBe(pid));
    expect(await textOf(other, chunkOf())).toBe('other 3 6');
    expect(await textOf(model, chunkOf())).toBe('model 3 6');
  });

  test('without having decoded rests longer each time, is left alone after five, and is given up after fifteen', async () => {
    const clock = new ManualClock();
    const deaths: ProcessDeath[] = [];
    const resident = residentOf('echo.mjs', {
      clock,
      chance: () => 0.5,
      onDeath: (death) => deaths.push(death),
      needs: 'Get it.',
    });
    const model = await opened(resident);
    const killed = async () => {
      const deathsBefore = deaths.length;
      await resident.start();
      process.kill(resident.pid ?? 0, 'SIGKILL');
      await vi.waitFor(() => expect(deaths.length).toBe(deathsBefore + 1));
    };
    for (const restSeconds of [1, 2, 4, 8]) {
      await killed();
      const waiting = model.decode(chunkOf('hold', [1], clock.nowSeconds() + restSeconds / 2));
      clock.advance(restSeconds / 2);
      expect(await codeOf(waiting.outcome)).toBe('DEADLINE_EXCEEDED');
      expect(resident.pid).toBeUndefined();
      clock.advance(restSeconds / 2);
    }
    await killed();
    for (let attempt = 6; attempt <= 15; attempt += 1) {
      await expect(model.decode(chunkOf()).outcome).rejects.toMatchObject({
        code: 'PROVIDER_UNAVAILABLE',
        message: expect.stringContaining('left alone for 60 s. It was ended by SIGKILL'),
      });
      clock.advance(60);
      await killed();
    }
    await expect(model.decode(chunkOf()).outcome).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      message: expect.stringMatching(/not started again after 15 lives.*SIGKILL.*Get it\./u),
    });
    expect(deaths.length).toBe(15);
  });

  test('of one chunk takes the others with it once, not twice', async () => {
    const model = await opened(residentOf('echo.mjs'));
    expect(await textOf(model, chunkOf())).toBe('model 3 6');
    const chunks = [chunkOf('slow'), chunkOf('slow'), chunkOf('poison')];
    const outcomes = () => Promise.all(chunks.map((chunk) => codeOf(model.decode(chunk).outcome)));
    expect(await outcomes()).toEqual(['WORKER_DIED', 'WORKER_DIED', 'WORKER_DIED']);
    const chunkAfter = codeOf(model.decode(chunkOf('slow')).outcome);
    expect(await outcomes()).toEqual(['resolved', 'resolved', 'WORKER_DIED']);
    expect(await chunkAfter).toBe('resolved');
  });

  test('twenty times leaves no zombie and no descriptor', async () => {
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const before = descriptors();
    for (let life = 0; life < 20; life += 1) {
      const resident = residentOf('echo.mjs');
      const model = await opened(resident);
      if (life % 2 === 0) await codeOf(model.decode(chunkOf('poison')).outcome);
      await resident.close();
    }
    expect(descriptors()).toBeLessThanOrEqual(before);
    expect(childStates()).toEqual([]);
  });
});

describe('a host', () => {
  const host = join(programs, 'host.mjs');

  test('that forgets its provider may end, and takes it along', async () => {
    const { status, stdout } = spawnSync(process.execPath, [host], { encoding: 'utf8' });
    expect(status).toBe(0);
    await vi.waitFor(() => expect(isAlive(Number(stdout))).toBe(false), 10_000);
  });

  test('is kept alive by a decode under way', () => {
    const { status, stdout } = spawnSync(process.execPath, [host, 'slow'], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toContain('model 10 0');
  });

  test('that is killed leaves no provider behind', async () => {
    const killed = spawn(process.execPath, [host, 'hold'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [pid] = (await once(killed.stdout, 'data')) as [Buffer];
    expect(isAlive(Number(pid))).toBe(true);
    killed.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(Number(pid))).toBe(false), 10_000);
  });

  test('that closes lets what is under way and what waits finish, and refuses the rest', async () => {
    const resident = residentOf('echo.mjs');
    const model = await opened(resident);
    const accepted = Array.from({ length: 6 }, () => textOf(model, chunkOf('slow')));
    const closed = resident.close();
    expect(await codeOf(model.decode(chunkOf()).outcome)).toBe('ENGINE_CLOSED');
    await closed;
    expect(await Promise.all(accepted)).toEqual(Array(6).fill('model 3 6'));
    expect(await codeOf(resident.start())).toBe('ENGINE_CLOSED');
    expect(resident.pid).toBeUndefined();
  });

  test('that gives up waiting for a start or a model is free at once', async () => {
    const silent = residentOf('misbehave.mjs', {}, 'says-nothing');
    expect(await codeOf(silent.start(AbortSignal.timeout(50)))).toBe('ABORTED');
    const resident = residentOf('echo.mjs');
    await resident.start();
    expect(await codeOf(resident.open({ name: 'model' }, AbortSignal.abort()))).toBe('ABORTED');
    expect(await codeOf(resident.open({ missing: true }))).toBe('MODEL_MISSING');
  });
});

test.skipIf(spawnSync('python3', ['--version']).status !== 0)(
  'the provider in docs/provider-protocol.md works as it stands there (where there is Python)',
  async () => {
    const page = await readFile(new URL('../../docs/provider-protocol.md', import.meta.url), 'utf8');
    const program = /```python\n(?<program>.*?)```/su.exec(page)?.groups?.['program'] ?? '';
    await writeFile(join(folder, 'provider.py'), program);
    const resident = residentOf('', {
      command: 'python3',
      args: [join(folder, 'provider.py')],
      env: { PATH: process.env['PATH'] ?? '' },
    });
    const model = await opened(resident);
    expect(await textOf(model, chunkOf('', new Array<number>(16_000).fill(0)))).toBe(' 1.0 s of silence.');
    expect(await codeOf(model.decode(chunkOf('', new Array<number>(16_000).fill(0), 0)).outcome)).toBe(
      'DEADLINE_EXCEEDED',
    );
    await model.close();
    await resident.close();
  },
);
