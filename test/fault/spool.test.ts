import { execFileSync } from 'node:child_process';
import { appendFile, chmod, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Spool } from '../../dist/session/spool.js';

const root = await mkdtemp(join(tmpdir(), 'spool-fault-'));
afterAll(() => rm(root, { recursive: true }));

let folder: string;
let spool: Spool;
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'into-'));
  spool = new Spool({ folder });
});

const asRoot = process.getuid?.() === 0;
const samples = 16_000;
const stretch = { startSample: 0, endSample: samples };
const spoken = () => new Float32Array(samples).fill(0.25);
const put = () => spool.put(spoken(), stretch);
const withCode = (code: string): unknown => expect.objectContaining({ name: 'EngineError', code });

/** The spool's own folder. */
async function ownFolder(): Promise<string> {
  const [name = 'none'] = await readdir(folder);
  return join(folder, name);
}

/** The only file. */
async function onlyFile(): Promise<string> {
  const [name = 'none'] = await readdir(await ownFolder());
  return join(await ownFolder(), name);
}

async function expectRefused(putting: Promise<unknown>, code: string, ...words: readonly string[]): Promise<void> {
  await expect(putting).rejects.toEqual(withCode(code));
  for (const word of words) await expect(putting).rejects.toThrow(word);
  expect([spool.bytes, spool.pieces]).toEqual([0, 0]);
}

describe('a piece on disk', () => {
  test.each<[what: string, damage: (path: string) => Promise<unknown>, code: string, words: string]>([
    ['that lost its end', (path) => truncate(path, 63_999), 'AUDIO_BROKEN', 'has 63999 bytes where 64000 were written'],
    ['that lost everything', (path) => truncate(path, 0), 'AUDIO_BROKEN', 'has 0 bytes'],
    ['that has grown', (path) => appendFile(path, 'x'), 'AUDIO_BROKEN', 'has 64001 bytes'],
    ['that was removed', (path) => rm(path), 'AUDIO_MISSING', 'was removed while it waited'],
    [
      'whose folder was removed',
      () => ownFolder().then((own) => rm(own, { recursive: true })),
      'AUDIO_MISSING',
      'removed',
    ],
    [
      'that is a folder now',
      async (path) => {
        await rm(path);
        execFileSync('mkdir', [path]);
      },
      'AUDIO_BROKEN',
      'Its audio is lost',
    ],
  ])('%s is said to be lost, counts no more, and does not stop the others', async (_what, damage, code, words) => {
    const spooled = await put();
    const path = await onlyFile();
    await damage(path);
    const taking = spool.take(spooled, new Float32Array(samples));
    await expect(taking).rejects.toEqual(withCode(code));
    await expect(taking).rejects.toThrow(words);
    await expect(taking).rejects.toThrow(path);
    expect([spool.bytes, spool.pieces]).toEqual([0, 0]);
    // A folder that is gone is noticed by the first who writes; the next one gets a new one.
    const next = await put().catch(() => put());
    expect(await spool.take(next, new Float32Array(samples))).toEqual(spoken());
    await spool.close();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a folder', () => {
  test('that was removed is named, and a new one is made for what comes next', async () => {
    await put().then((spooled) => spool.discard(spooled));
    const own = await ownFolder();
    await rm(own, { recursive: true });
    await expectRefused(put(), 'OPTION_INVALID', own, 'is not there, or was removed');
    const spooled = await put();
    expect(await ownFolder()).not.toBe(own);
    expect(await spool.take(spooled, new Float32Array(samples))).toEqual(spoken());
    await spool.close();
    expect(await readdir(folder)).toEqual([]);
  });

  test('that was removed under many who write refuses each of them, and works again', async () => {
    await put().then((spooled) => spool.discard(spooled));
    await rm(await ownFolder(), { recursive: true });
    const puts = await Promise.allSettled(Array.from({ length: 5 }, put));
    for (const { status } of puts) expect(status).toBe('rejected');
    expect([spool.bytes, spool.pieces]).toEqual([0, 0]);
    await Promise.all(Array.from({ length: 5 }, put));
    expect(spool.pieces).toBe(5);
    await spool.close();
    expect(await readdir(folder)).toEqual([]);
  });

  test('that was removed does not keep the spool from closing', async () => {
    await put();
    await rm(folder, { recursive: true });
    await spool.close();
  });

  test('that never was is named, and works once it is there', async () => {
    await rm(folder, { recursive: true });
    await expectRefused(put(), 'OPTION_INVALID', folder, 'is not there');
    execFileSync('mkdir', [folder]);
    await put();
    await spool.close();
  });

  test('that is a file is named', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    spool = new Spool({ folder: file });
    await expectRefused(put(), 'OPTION_INVALID', file, 'ENOTDIR');
    await spool.close();
  });

  test('that no system can have is named', async () => {
    spool = new Spool({ folder: join(folder, 'a\0b') });
    await expectRefused(put(), 'OPTION_INVALID', 'cannot be written');
    await spool.close();
  });

  test.skipIf(asRoot || process.platform === 'win32')('that may not be written is named (not as root)', async () => {
    await chmod(folder, 0o500);
    await expectRefused(put(), 'OPTION_INVALID', folder, 'EACCES');
    await chmod(folder, 0o700);
    await spool.close();
  });
});

/** Linux lets root make file systems; a container may not have what that takes. */
function canMount(): boolean {
  if (!asRoot || process.platform !== 'linux') return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', root], { stdio: 'ignore' });
    execFileSync('umount', [root]);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!canMount())('on a file system of its own (needs root, to mount it)', () => {
  const mount = (path: string, options: string) => execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
  let mounted: string;
  afterEach(() => void execFileSync('umount', [mounted]));

  test('that fills up, audio is refused whole, and taken again when there is room', async () => {
    mounted = folder;
    mount(folder, 'size=256k');
    const first = await put();
    // Those that come at once may take the room from each other, and all of them be refused.
    const others = await Promise.allSettled(Array.from({ length: 6 }, put));
    const refused = others.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThanOrEqual(3);
    for (const result of refused) expect(result).toMatchObject({ reason: { code: 'DISK_FULL' } });
    let refusal: unknown;
    while (refusal === undefined) refusal = await put().then(() => undefined, String);
    expect(refusal).toContain(`There is no room left in ${await ownFolder()}`);
    expect([spool.pieces, spool.bytes]).toEqual([4, 4 * 64_000]);
    expect(await readdir(await ownFolder())).toHaveLength(4);
    expect(await spool.take(first, new Float32Array(samples))).toEqual(spoken());
    expect(await spool.take(await put(), new Float32Array(samples))).toEqual(spoken());
    await spool.close();
    expect(await readdir(folder)).toEqual([]);
  });

  test('that has room for no more files, audio is refused', async () => {
    mounted = folder;
    mount(folder, 'nr_inodes=3');
    await put();
    const refused = put();
    await expect(refused).rejects.toEqual(withCode('DISK_FULL'));
    expect(spool.pieces).toBe(1);
    await spool.close();
  });

  test('that is read-only, audio is refused', async () => {
    mounted = folder;
    mount(folder, 'ro');
    await expectRefused(put(), 'OPTION_INVALID', folder, 'EROFS');
    await spool.close();
  });

  test('that cannot be removed, the spool says where audio may be left', async () => {
    await put();
    mounted = await ownFolder();
    mount(mounted, 'size=1m');
    const closing = spool.close();
    await expect(closing).rejects.toEqual(withCode('INTERNAL'));
    await expect(closing).rejects.toThrow(mounted);
  });
});
