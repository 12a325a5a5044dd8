import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { canLookAtProcesses, childProcesses } from '../../bench/processes.mjs';
import { whisperNodeAddon } from '../../dist/pool/node-addon/whisper-node-addon.js';
import type { Recognizer } from '../../dist/provider/provider.js';
import type { Chunk } from '../../dist/provider/recognition.js';

const folder = await mkdtemp(join(tmpdir(), 'node-addon-'));
const open: Recognizer[] = [];
afterEach(() => Promise.all(open.splice(0).map((recognizer) => recognizer.close())));
afterAll(() => rm(folder, { recursive: true }));

const plan = { slots: 2, threadsPerSlot: 1 };
/** What whisper-node-addon 1.0.2 does around its binary. */
const loading = `
  try { require('../platform/' + process.platform + '-' + process.arch + '/whisper.node'); }
  catch (error) { throw new Error('Failed to load native addon: ' + error); }`;
let packages = 0;

/** A stand-in for the package. `onLoad` runs where it loads its binary, `onCall` where it decodes with `options`. */
async function packageOf(onLoad: string, onCall = "return [['00:00:00.000', '00:00:01.000', ' Yes.']];") {
  packages += 1;
  const path = join(folder, String(packages));
  await mkdir(join(path, 'dist'), { recursive: true });
  await writeFile(join(path, 'package.json'), JSON.stringify({ version: '1.0.2', main: './dist/index.js' }));
  await writeFile(
    join(path, 'dist/index.js'),
    `exports.transcribe = async (options) => {
       ${onLoad}
       if (!options.model) throw new Error('Model path is required');
       if (!options.fname_inp) throw new Error('Input file path is required');
       if (!(options.pcmf32 instanceof Float32Array)) throw new Error('There is no such file');
       ${onCall}
     };`,
  );
  return path;
}

async function withBinary(content: string): Promise<string> {
  const path = await packageOf(loading);
  const place = join(path, 'platform', `${process.platform}-${process.arch}`);
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'whisper.node'), content);
  return path;
}

async function withCompiled(source: string): Promise<string> {
  const path = await withBinary('');
  const text = join(path, 'binary.cc');
  await writeFile(text, source);
  const binary = join(path, 'platform', `${process.platform}-${process.arch}`, 'whisper.node');
  execFileSync('c++', ['-shared', '-fPIC', '-o', binary, text]);
  return path;
}

/** Needs a symbol of a C library that is still to come. */
async function withTooNew(): Promise<string> {
  const path = await withBinary('');
  const place = join(path, 'platform', `${process.platform}-${process.arch}`);
  const [source, versions, library] = [join(path, 'new.cc'), join(path, 'versions'), join(place, 'libnew.so')];
  const make = async (version: string) => {
    await writeFile(versions, `${version} { of_glibc; };`);
    execFileSync('c++', ['-shared', '-fPIC', '-o', library, source, `-Wl,--version-script=${versions}`]);
  };
  await writeFile(source, 'extern "C" int of_glibc() { return 1; }');
  await make('GLIBC_2.99');
  const user = join(path, 'user.cc');
  await writeFile(user, 'extern "C" int of_glibc(); int use() { return of_glibc(); }');
  execFileSync('c++', ['-shared', '-fPIC', '-o', join(place, 'whisper.node'), user, library, `-Wl,-rpath,${place}`]);
  await make('GLIBC_2.1');
  return path;
}

async function opened(packageFolder: string, model = 'tiny.en'): Promise<Recognizer> {
  const recognizer = await whisperNodeAddon({ model, packageFolder }).open(plan);
  open.push(recognizer);
  return recognizer;
}

function chunkOf(asked: Partial<Chunk> = {}, seconds = 3): Chunk {
  return {
    pcm: new Float32Array(new SharedArrayBuffer(4 * 16_000 * seconds)).fill(0.25),
    speechEndSeconds: seconds,
    language: 'en',
    translate: false,
    prompt: '',
    words: false,
    beamSize: 1,
    encoderContext: 'sized',
    deadlineAtSeconds: Number.POSITIVE_INFINITY,
    ...asked,
  };
}

async function textOf(recognizer: Recognizer, chunk = chunkOf()): Promise<string> {
  const { recognition } = await recognizer.decode(chunk).outcome;
  return recognition.segments.map(({ text }) => text).join('');
}

describe('a package whose binary', () => {
  test.each<[what: string, make: () => Promise<string>, says: string]>([
    ['needs a newer C library', withTooNew, 'built for a newer C library: GLIBC_2.99 is not here'],
    ['is none', () => withBinary('not a binary'.repeat(100)), 'another system or processor, or is damaged'],
    ['is not there', () => packageOf(loading), 'Its binary is not there'],
    [
      'crashes when it is loaded',
      () => withCompiled('#include <csignal>\n__attribute__((constructor)) static void load() { raise(SIGSEGV); }'),
      'It crashed (SIGSEGV).',
    ],
    ['uses an illegal instruction', () => packageOf("process.kill(process.pid, 'SIGILL')"), 'this CPU does not have'],
    ['ends its process', () => packageOf('process.exit(7)'), 'exit code 7'],
  ])('%s is unavailable for that reason, and the host runs on', async (_what, make, says) => {
    const packageFolder = await make();
    const provider = whisperNodeAddon({ model: 'tiny.en', packageFolder });
    expect(await provider.probe()).toEqual({ kind: 'unavailable', reason: expect.stringContaining(says) });
    await expect(provider.open(plan)).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      message: expect.stringContaining(says),
    });
  });
});

test('a package that is not installed is told with the command that installs it', async () => {
  const provider = whisperNodeAddon({ model: 'tiny.en', packageFolder: join(folder, 'nowhere') });
  const command = expect.stringContaining('npm install --ignore-scripts whisper-node-addon');
  expect(await provider.probe()).toEqual({ kind: 'unavailable', reason: command });
  await expect(provider.open(plan)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE', message: command });
});

test('a package that says nothing with a model is not taken for one that can decode', async () => {
  const silent = await packageOf('', 'return [];');
  await expect(opened(silent)).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED' });
});

describe('a package that works', () => {
  test('says its version, gives segments in times of the chunk, and what it can do', async () => {
    const rows = "[['00:00:00.000', '00:00:01.500', ' One.'], ['00:00:01.500', '00:00:02.250', ' Two.']]";
    const packageFolder = await packageOf('', `return ${rows};`);
    expect(await whisperNodeAddon({ model: 'tiny.en', packageFolder }).probe()).toEqual({
      kind: 'available',
      version: '1.0.2',
      backend: 'CPU',
    });
    const recognizer = await opened(packageFolder);
    expect(recognizer.capabilities).toMatchObject({ languages: ['en'], wordTimes: false, translate: false });
    const { recognition } = await recognizer.decode(chunkOf()).outcome;
    expect(recognition).toMatchObject({
      segments: [
        { startSeconds: 0, endSeconds: 1.5, text: ' One.' },
        { startSeconds: 1.5, endSeconds: 2.25, text: ' Two.' },
      ],
      language: 'en',
      encoderContext: 384,
    });
  });

  test('loses what it invents after the speech', async () => {
    const rows = "[['00:00:00.000', '00:00:01.000', ' One.'], ['00:00:02.000', '00:00:03.000', ' Thanks.']]";
    const recognizer = await opened(await packageOf('', `return ${rows};`));
    expect(await textOf(recognizer, chunkOf({ speechEndSeconds: 1 }))).toBe(' One.');
  });

  test('is told not to translate, unless it is asked for that, and gets no audio that is too short for it', async () => {
    const call = 'const { pcmf32, language, translate, use_gpu } = options;';
    const echo = `${call} return [['00:00:00', '00:00:01', [pcmf32.length, language, translate, use_gpu].join()]];`;
    const recognizer = await opened(await packageOf('', echo), 'base');
    expect(await textOf(recognizer)).toBe('48000,en,false,false');
    expect(await textOf(recognizer, chunkOf({ language: 'de', translate: true }, 0.5))).toBe('17600,de,true,false');
  });

  test('may print what it likes', async () => {
    const noise = '{"kind":"pong"}\\n[00:00 --> 00:01] text\\n'.repeat(100);
    const print = `require('node:fs').writeSync(1, '${noise}');`;
    const recognizer = await opened(await packageOf(print, `${print} return [['00:00:00', '00:00:01', ' Yes.']];`));
    expect(await textOf(recognizer)).toBe(' Yes.');
  });

  test.each([
    ['crashes', "process.kill(process.pid, 'SIGSEGV'); await new Promise(() => {});", 'WORKER_DIED'],
    ['fails', "throw new Error('It is broken.');", 'DECODE_FAILED'],
  ])('and then %s costs that chunk, and decodes on', async (_what, body, code) => {
    const call = `if (options.language === 'de') { ${body} } return [['00:00:00', '00:00:01', ' Yes.']];`;
    const recognizer = await opened(await packageOf('', call), 'base');
    expect(await textOf(recognizer)).toBe(' Yes.');
    await expect(recognizer.decode(chunkOf({ language: 'de' })).outcome).rejects.toMatchObject({ code });
    expect(await textOf(recognizer)).toBe(' Yes.');
  });

  test('cannot be asked for a language that would end it', async () => {
    const recognizer = await opened(await packageOf(''));
    const decode = recognizer.decode(chunkOf({ language: 'xx' }));
    await expect(decode.outcome).rejects.toMatchObject({ code: 'LANGUAGE_UNSUPPORTED' });
    expect(await textOf(recognizer)).toBe(' Yes.');
  });

  test.skipIf(!canLookAtProcesses)('and never answers is ended by a stop, and decodes on', async () => {
    const tell = "require('node:fs').writeFileSync(__dirname + '/pid', String(process.pid));";
    const never = `${tell} setInterval(() => {}, 1000); await new Promise(() => {});`;
    const call = `if (options.language === 'de') { ${never} } return [['00:00:00', '00:00:01', ' Yes.']];`;
    const packageFolder = await packageOf('', call);
    const recognizer = await opened(packageFolder, 'base');
    const decode = recognizer.decode(chunkOf({ language: 'de' }));
    const next = textOf(recognizer);
    const pid = () => readFileSync(join(packageFolder, 'dist/pid'), 'utf8');
    await expect.poll(() => isAlive(pid()), { timeout: 10_000 }).toBe(true);
    decode.stop();
    await expect(decode.outcome).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await next).toBe(' Yes.');
    await expect.poll(() => isAlive(pid()), { timeout: 10_000 }).toBe(false);
  });

  test.skipIf(!canLookAtProcesses).each<[how: string, end: (recognizer: Recognizer) => unknown]>([
    ['when it is closed', (recognizer) => recognizer.close()],
    ['when the process in between is killed', () => process.kill(childProcesses().at(-1)?.pid ?? 0, 'SIGKILL')],
  ])('leaves no process behind %s', async (_when, end) => {
    const call = "setInterval(() => {}, 1000); return [['00:00:00', '00:00:01', String(process.pid)]];";
    const recognizer = await opened(await packageOf('', call));
    const pid = await textOf(recognizer);
    expect(isAlive(pid)).toBe(true);
    await end(recognizer);
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });
});

/** A zombie, which nobody has asked about, is dead. */
function isAlive(pid: string): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z');
  } catch {
    return false;
  }
}
