import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, assert, beforeEach, describe, expect, test } from 'vitest';
import { canLookAtProcesses, childProcesses } from '../../bench/processes.mjs';
import { createEngine, type Engine } from '../../dist/index.js';

const weights = fileURLToPath(new URL('../../models/ggml-tiny.en-q8_0.bin', import.meta.url));
const clip = fileURLToPath(new URL('../../assets/half-second.wav', import.meta.url));
const often = { interval: 20, timeout: 30_000 };

let folder: string;
let path: string;
let engine: Engine;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'whisperpool-reopened-'));
  path = join(folder, 'ggml-tiny.en-q8_0.bin');
  copyFileSync(weights, path);
  engine = await createEngine({ model: path, slots: 1, threadsPerSlot: 1, isolation: 'process' });
});
afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

/** Ends the decoding process, and waits for another one in its place, or none. */
async function strike(): Promise<void> {
  const [child] = childProcesses();
  assert(child);
  process.kill(child.pid, 'SIGKILL');
  await expect.poll(() => childProcesses().some(({ pid }) => pid === child.pid), often).toBe(false);
}

describe.skipIf(!canLookAtProcesses)('a decoding process that is started again', () => {
  test.each([
    ['got another name, too', () => linkSync(path, join(folder, 'another.bin'))],
    ['got other rights', () => chmodSync(path, 0o600)],
  ])('serves as before with weights whose file %s', async (_what, change) => {
    const { text } = await engine.transcribe(clip);
    change();
    await strike();
    expect((await engine.transcribe(clip)).text).toBe(text);
  });

  test('refuses weights whose file was written to, though its time was put back', async () => {
    const before = new Date(1_700_000_000_000);
    utimesSync(path, before, before);
    await engine.close();
    engine = await createEngine({ model: path, slots: 1, threadsPerSlot: 1, isolation: 'process' });
    const bytes = readFileSync(path);
    bytes[bytes.length - 1000] = (bytes[bytes.length - 1000] ?? 0) ^ 0xff;
    writeFileSync(path, bytes);
    utimesSync(path, before, before);
    await strike();
    await expect(engine.transcribe(clip)).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      message: expect.stringMatching(/MODEL|SHA-256|changed/),
    });
  });
});
