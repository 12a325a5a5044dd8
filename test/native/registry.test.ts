import { once } from 'node:events';
import { mkdir, rename, rm, truncate, utimes } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { identifyFile } from '../../dist/model/file-identity.js';
import { loadAddon, type NativeContext } from '../../dist/provider/addon.js';
import { copyOfWhole, flipBit, whole, wholeBytes } from '../fault/damaged-model.js';

const addon = loadAddon();
const held: NativeContext[] = [];

/** Opens the weights for this test: every one is closed behind it. */
function open(path: string, fileKey: string): NativeContext {
  const context = addon.openContext(path, { fileKey, flashAttention: false, gpu: false, alignment: '' });
  held.push(context);
  return context;
}

/** `opened`, or the code of the refusal. */
function outcome(path: string, fileKey: string): string {
  try {
    open(path, fileKey);
    return 'opened';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

async function keyOf(path: string): Promise<string> {
  return (await identifyFile(path)).key;
}

const weightsRead = () => addon.contextStatistics().weightsRead;

afterEach(() => {
  for (const context of held.splice(0)) context.close();
  expect(addon.contextStatistics().open).toBe(0);
});

describe('weights', () => {
  test('that 100 threads ask for at once are read once, and freed when the last of them is closed', async () => {
    const before = weightsRead();
    const modelPath = await copyOfWhole('shared.bin');
    const start = new Int32Array(new SharedArrayBuffer(4));
    const program = new URL('../../bench/children/load-worker.mjs', import.meta.url);
    const workers = Array.from({ length: 100 }, () => new Worker(program, { workerData: { modelPath, start } }));
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    const answers = Promise.all(workers.map((worker) => once(worker, 'message')));
    Atomics.store(start, 0, 1);
    Atomics.notify(start, 0);
    const readers = (await answers).flat().filter((answer: { weightsRead: boolean }) => answer.weightsRead);
    expect(readers).toHaveLength(1);
    expect(weightsRead() - before).toBe(1);
    expect(addon.contextStatistics().open).toBe(1);
    const exits = workers.map((worker) => once(worker, 'exit'));
    for (const worker of workers) worker.postMessage('close');
    await Promise.all(exits);
  });

  test('that are held are shared without their file, and are gone for good after the last', async () => {
    const path = await copyOfWhole('vanishing.bin');
    const key = await keyOf(path);
    const before = weightsRead();
    const first = open(path, key);
    await rm(path);
    const second = open(path, key);
    expect([first.weightsRead, second.weightsRead]).toEqual([true, false]);
    first.close();
    expect(open(path, key).weightsRead).toBe(false);
    expect(weightsRead() - before).toBe(1);
    for (const context of held.splice(0)) context.close();
    expect(outcome(path, key)).toBe('MODEL_MISSING');
  });

  const changes: readonly [what: string, change: (path: string) => Promise<unknown>][] = [
    ['replaced by an equal file', async (path) => rename(await copyOfWhole('other.bin'), path)],
    ['replaced by a folder', (path) => rm(path).then(() => mkdir(path))],
    ['written to', (path) => flipBit(path, wholeBytes - 1, 0)],
    ['shortened', (path) => truncate(path, wholeBytes - 1)],
    ['touched', (path) => utimes(path, 0, 0)],
  ];

  test.each(changes)('of a file that was %s after its check are refused', async (what, change) => {
    const path = await copyOfWhole(`${what}.bin`);
    const key = await keyOf(path);
    await change(path);
    const message = expect.stringContaining('was replaced or changed after it was checked; try again') as string;
    expect(() => open(path, key)).toThrow(expect.objectContaining({ code: 'MODEL_CORRUPT', message }));
  });

  test('of a new file are loaded beside those of the old one that are still held', async () => {
    const path = await copyOfWhole('renewed.bin');
    const old = open(path, await keyOf(path));
    await rename(await copyOfWhole('new.bin'), path);
    expect(open(path, await keyOf(path)).weightsRead).toBe(true);
    expect(addon.contextStatistics().open).toBe(2);
    old.close();
    expect(addon.contextStatistics().open).toBe(1);
  });

  test('of a file that ends at the end of any of its sections are refused, though they were asked for', async () => {
    const path = await copyOfWhole('cut.bin');
    const tensors = whole.tensors.filter((_, index) => index % 24 === 0);
    const header = Array.from({ length: 13 }, (_, field) => 4 * field);
    const vocabulary = [whole.melFiltersOffsetBytes + 8, whole.vocabularyOffsetBytes, whole.vocabularyOffsetBytes + 4];
    const starts = tensors.flatMap(({ headerOffsetBytes, offsetBytes }) => [headerOffsetBytes, offsetBytes]);
    const accepted: string[] = [];
    for (const end of [...header, ...vocabulary, ...starts, wholeBytes - 1].sort((left, right) => right - left)) {
      await truncate(path, end);
      const found = outcome(path, await keyOf(path));
      if (!/^MODEL_(CORRUPT|LOAD_FAILED)$/.test(found)) accepted.push(`${end}: ${found}`);
    }
    expect(accepted).toEqual([]);
  });

  test.each([
    '',
    'x',
    '1:2:3:4',
    '1:2:3:4:',
    '1:2:3:4:5:6',
    '1:2:3:4:5 ',
    ' 1:2:3:4:5',
    '1::3:4:5',
    `1:2:3:4:${2n ** 63n}`,
  ])('are not looked for by the malformed file key %j', async (key) => {
    expect(outcome(await copyOfWhole('malformed.bin'), key)).toBe('OPTION_INVALID');
  });
});
