import { EventEmitter, once } from 'node:events';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { identifyFile } from '../../dist/model/file-identity.js';
import { FileMemory } from '../../dist/model/file-memory.js';

const folder = await mkdtemp(join(tmpdir(), 'model-memory-'));
const path = join(folder, 'file');

beforeEach(() => writeFile(path, 'first'));
afterAll(() => rm(folder, { recursive: true }));

/** An examination that is counted, and ends when it is told to. */
function countedExamination() {
  const gate = new EventEmitter();
  const result = once(gate, 'finish').then(([found]) => String(found));
  const signals: AbortSignal[] = [];
  const memory = new FileMemory((_file, signal) => {
    signals.push(signal);
    return result;
  });
  const finish = (found: string) => gate.emit('finish', found);
  const fail = (error: Error) => gate.emit('error', error);
  return { memory, signals, finish, fail };
}

test('a hundred callers at once share one examination', async () => {
  const { memory, signals, finish } = countedExamination();
  const file = await identifyFile(path);
  const calls = Array.from({ length: 100 }, () => memory.recall(file));
  finish('found');
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['found']));
  expect(signals).toHaveLength(1);
});

test('a second call for the same file costs nothing', async () => {
  const { memory, signals, finish } = countedExamination();
  finish('found');
  await memory.recall(await identifyFile(path));
  await memory.recall(await identifyFile(path));
  expect(signals).toHaveLength(1);
});

test('a file that changed is examined again', async () => {
  const { memory, signals, finish } = countedExamination();
  finish('found');
  await memory.recall(await identifyFile(path));
  await appendFile(path, ' and more');
  await memory.recall(await identifyFile(path));
  expect(signals).toHaveLength(2);
});

test('a file that changes while it is examined is refused and not remembered', async () => {
  const { memory, signals, finish } = countedExamination();
  const call = memory.recall(await identifyFile(path));
  await appendFile(path, ' and more');
  finish('found');
  await expect(call).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
  await memory.recall(await identifyFile(path));
  expect(signals).toHaveLength(2);
});

test('a failure reaches every caller and is not remembered', async () => {
  const { memory, signals, fail } = countedExamination();
  const file = await identifyFile(path);
  const calls = [memory.recall(file), memory.recall(file)];
  fail(new Error('broken'));
  expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(memory.recall(file)).rejects.toThrow('broken');
  expect(signals).toHaveLength(2);
});

test('a caller who leaves does not take the others along', async () => {
  const { memory, signals, finish } = countedExamination();
  const file = await identifyFile(path);
  const impatient = new AbortController();
  const leaving = memory.recall(file, impatient.signal);
  const staying = memory.recall(file);
  impatient.abort();
  await expect(leaving).rejects.toMatchObject({ code: 'ABORTED' });
  expect(signals[0]?.aborted).toBe(false);
  finish('found');
  expect(await staying).toBe('found');
});

test('the examination stops when the last caller has left, and the next caller starts anew', async () => {
  const { memory, signals, finish } = countedExamination();
  const file = await identifyFile(path);
  const impatient = new AbortController();
  const calls = [memory.recall(file, impatient.signal), memory.recall(file, impatient.signal)];
  impatient.abort();
  expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(signals[0]?.aborted).toBe(true);
  finish('found');
  expect(await memory.recall(file)).toBe('found');
  expect(signals).toHaveLength(2);
});

test('a caller who was aborted before the call starts nothing', async () => {
  const { memory, signals } = countedExamination();
  await expect(memory.recall(await identifyFile(path), AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
  expect(signals).toHaveLength(0);
});
