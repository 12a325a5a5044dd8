import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { bundled, jfkSays, spoken } from './clips.js';

const library = new URL('../../dist/index.js', import.meta.url).href;
const jfk = JSON.stringify(bundled('jfk.wav'));
const harvard = JSON.stringify(bundled('harvard_8k.wav'));

interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program that has `createEngine` and an `engine`, in a process of its own. */
async function runProgram(body: string): Promise<Ended> {
  const source = `import { createEngine } from ${JSON.stringify(library)};
    const engine = await createEngine({ model: 'tiny.en', slots: 2, threadsPerSlot: 1 });
    ${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('close', (exitCode, signal) => resolve([exitCode, signal])).on('error', reject);
  });
  const [[exitCode, signal], stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { exitCode, signal, stdout, stderr };
}

const printTranscript = `console.log((await engine.transcribe(${jfk})).text);`;

describe('a process ends by itself, with nothing on stderr, when', () => {
  test.each([
    ['its engine is closed', `${printTranscript} await engine.close();`],
    ['its engine is closed twice', `${printTranscript} await engine.close(); await engine.close();`],
    ['its engine is never closed', printTranscript],
    [
      'its engine was stopped by force',
      `${printTranscript} engine.transcribe(${harvard}).catch(() => undefined); await engine.close({ force: true });`,
    ],
    ['a long deadline is still to come', printTranscript.replace(')).text', ', { deadlineSeconds: 3600 })).text')],
  ])('%s', async (_how, body) => {
    const { stdout, ...ended } = await runProgram(body);
    expect(ended).toEqual({ exitCode: 0, signal: null, stderr: '' });
    expect(spoken(stdout)).toContain(jfkSays);
  });

  test('its engine was never used', async () => {
    expect(await runProgram('')).toEqual({ exitCode: 0, signal: null, stdout: '', stderr: '' });
  });
});

/** Calls for more work than is ever finished, and ends the process in the middle of it. */
const inTheMiddle = (end: string) => `
  const onProgress = () => { ${end} };
  await Promise.all([${harvard}, ${jfk}].map((path) => engine.transcribe(path, { words: true, onProgress })));`;

describe('a process that ends in the middle of a decode', () => {
  test.each([
    ['by process.exit() gives its code', 7, inTheMiddle('process.exit(7);')],
    ['by process.exit() a little later gives its code', 7, inTheMiddle('setTimeout(() => process.exit(7), 50);')],
    ['by an exception gives 1', 1, inTheMiddle("queueMicrotask(() => { throw new Error('mine'); });")],
  ])('%s', async (_how, exitCode, body) => {
    expect(await runProgram(body)).toMatchObject({ exitCode, signal: null });
  });
});

describe('a process that uses an engine on a thread of its own', () => {
  test('outlives the thread and may start another', async () => {
    const thread = `import { createEngine } from ${JSON.stringify(library)};
      import { parentPort } from 'node:worker_threads';
      const engine = await createEngine({ model: 'tiny.en', slots: 1 });
      parentPort.postMessage((await engine.transcribe(${jfk})).text);
      await engine.close();`;
    const { stdout, ...ended } = await runProgram(`
      await engine.close();
      const { Worker } = await import('node:worker_threads');
      const { once } = await import('node:events');
      for (const _ of [1, 2]) {
        const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(thread)})));
        worker.on('message', (text) => console.log(text));
        await once(worker, 'exit');
      }`);
    expect(ended).toEqual({ exitCode: 0, signal: null, stderr: '' });
    expect(spoken(stdout).split(jfkSays)).toHaveLength(3);
  });
});
