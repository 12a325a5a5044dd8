import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { createEngine, type Engine, type EngineOptions, type LiveFormat } from '../../dist/index.js';
import { bundled, joined, samplesOf, silence } from '../live/clips.js';
import { encoded, Told } from '../live/live-source.js';

const format: LiveFormat = { encoding: 's16le', sampleRate: 16_000 };
const clip = encoded(joined(await samplesOf(bundled('leopard_en.wav')), silence(1)), format);
const often = { interval: 5, timeout: 60_000 };

const root = await mkdtemp(join(tmpdir(), 'ladder-fault-'));
afterAll(() => rm(root, { recursive: true }));

const models = fileURLToPath(new URL('../../models/', import.meta.url));
const [baseFile, tinyFile] = ['ggml-base-q8_0.bin', 'ggml-tiny.en-q8_0.bin'];

let opened: Engine | undefined;
afterEach(() => opened?.close());

async function started(options: EngineOptions = {}): Promise<Engine> {
  opened = await createEngine({
    model: 'base',
    language: 'en',
    slots: 1,
    threadsPerSlot: 2,
    degrade: 'standard',
    calibrate: false,
    ...options,
  });
  return opened;
}

/** Until nothing is on its way any more. */
async function arrived({ ladder }: Engine): Promise<void> {
  await expect.poll(() => ladder.current.rung === ladder.current.decided, often).toBe(true);
}

test('a smaller model whose file has vanished before its rung is taken is skipped, and every text is there', async () => {
  const folder = join(root, 'models');
  await mkdir(folder);
  await symlink(join(models, baseFile), join(folder, baseFile));
  await copyFile(join(models, tinyFile), join(folder, tinyFile));
  const engine = await started({ modelFolders: [folder], download: false });
  const session = await engine.openSession();
  const told = new Told(session);
  const source = session.addSource('mic', { format, priority: 'critical' });
  await rm(join(folder, tinyFile));
  engine.ladder.pin('smaller model');
  await expect.poll(() => engine.ladder.history.some(({ kind }) => kind === 'skipped'), often).toBe(true);
  await arrived(engine);
  expect(engine.ladder.current).toMatchObject({ rung: 2, decided: 2, name: 'trimmed encoder' });
  expect(engine.ladder.history.find(({ kind }) => kind === 'skipped')?.reason).toContain("'smaller model'");
  await source.write(clip);
  await session.end();
  expect(engine.used.model).toBe('base');
  expect(told.text()).toContain('his gospel');
  expect(told.gaps).toEqual([]);
  told.expectSound();
});

describe('a service that changes the model while the ladder does', () => {
  test('to the smaller one serves that alone, whatever the ladder does then', async () => {
    const engine = await started();
    const session = await engine.openSession();
    engine.ladder.pin('smaller model');
    await engine.switchModel('tiny.en');
    await expect.poll(() => engine.ladder.history.some(({ kind }) => kind === 'skipped'), often).toBe(true);
    await arrived(engine);
    // There is none smaller.
    expect(engine.ladder.current.rung).toBe(2);
    engine.ladder.pin(0);
    await arrived(engine);
    expect(engine.used.model).toBe('tiny.en');
    await session.end();
  });

  test('while it comes back serves what the service has chosen', async () => {
    const engine = await started();
    const session = await engine.openSession();
    engine.ladder.pin('smaller model');
    await arrived(engine);
    engine.ladder.pin(0);
    await engine.switchModel('tiny.en');
    await arrived(engine);
    expect(engine.ladder.current.rung).toBe(0);
    expect(engine.used.model).toBe('tiny.en');
    await session.end();
  });

  test('to the one that it had is where the ladder comes back to', async () => {
    const engine = await started();
    const session = await engine.openSession();
    engine.ladder.pin('smaller model');
    await engine.switchModel('base');
    await arrived(engine);
    await expect.poll(() => engine.used.model, often).toBe('tiny.en');
    engine.ladder.pin(0);
    await arrived(engine);
    expect(engine.used.model).toBe('base');
    await session.end();
  });
});

/** Rung 5 with a disk that has no room for the clip. */
async function spoolInto(spool: NonNullable<EngineOptions['spool']>): Promise<void> {
  const engine = await started({ spool });
  const session = await engine.openSession();
  const told = new Told(session);
  engine.ladder.pin('only critical');
  await arrived(engine);
  const sources = (['normal', 'critical'] as const).map((name) => session.addSource(name, { format, priority: name }));
  await Promise.all(sources.map((source) => source.write(clip)));
  await expect.poll(() => told.gaps.length, often).toBeGreaterThan(0);
  // What comes later goes on as ever, on any rung.
  await expect.poll(() => told.text('critical'), often).toContain('his gospel');
  engine.ladder.pin(0);
  await arrived(engine);
  const before = told.finals('normal').length;
  await sources[0]?.write(clip);
  await session.end();
  expect(told.finals('normal').length).toBeGreaterThan(before);
  expect(told.gaps.every(({ source, reason }) => source === 'normal' && reason === 'spool-failed')).toBe(true);
  expect(told.gaps[0]?.message).toMatch(/\w/);
  for (const { ledger } of sources) expect(ledger).toMatchObject({ imbalanceSamples: 0, spooledSeconds: 0 });
  told.expectSound();
}

describe('a spool that is full', () => {
  test('by its limit makes gaps that say so, and the session goes on', async () => {
    await spoolInto({ folder: root, limitBytes: 64_000 });
  });

  test.skipIf(!canMount())('because its file system is (needs root, to mount it), does the same', async () => {
    const folder = await mkdtemp(join(root, 'full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
    try {
      await spoolInto({ folder });
      await opened?.close();
    } finally {
      execFileSync('umount', [folder]);
    }
  });
});

function canMount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', root], { stdio: 'ignore' });
    execFileSync('umount', [root]);
    return true;
  } catch {
    return false;
  }
}
