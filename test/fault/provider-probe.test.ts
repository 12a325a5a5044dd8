import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { probeProvider } from '../../dist/capability/provider/provider-probe.js';
import { systemClock } from '../../dist/clock.js';
import { resolveModel } from '../../dist/model/resolve.js';
import { ManualClock } from '../manual-clock.js';

const folder = await mkdtemp(join(tmpdir(), 'provider-probe-'));
afterAll(() => rm(folder, { recursive: true }));

const { path, fileKey } = await resolveModel('tiny.en');
const model = { path, fileKey };

/** A binary made of this C++, as bad as it wants to be. */
async function compiled(name: string, source: string, ...flags: readonly string[]): Promise<string> {
  const text = join(folder, `${name}.cc`);
  const binary = join(folder, `${name}.node`);
  await writeFile(text, source);
  execFileSync('c++', ['-shared', '-fPIC', '-o', binary, text, ...flags]);
  return binary;
}

const onLoad = (body: string) =>
  `#include <csignal>\n#include <cstdlib>\n#include <unistd.h>\n__attribute__((constructor)) static void load() { ${body} }`;

test('the provider of this installation decodes half a second in a process of its own', async () => {
  const report = await probeProvider({ model, clock: systemClock });
  expect(report).toMatchObject({
    kind: 'available',
    provider: 'whisper-cpp',
    text: expect.stringMatching(/america/iu),
  });
  if (report.kind !== 'available') return;
  expect(report.system.whisperVersion).toMatch(/^\d+\.\d+/u);
  expect(report.system.backends.map(({ kind }) => kind)).toContain('cpu');
  expect(report.decodeSeconds).toBeGreaterThan(0);
});

describe('a binary that', () => {
  test.each([
    ['crashes when it is loaded', 'raise(SIGSEGV);', 'It crashed (SIGSEGV).'],
    ['aborts', 'abort();', 'It crashed (SIGABRT).'],
    ['uses an illegal instruction', '__builtin_trap();', 'instructions that this CPU does not have'],
    ['ends the process', '_exit(7);', 'exit code 7'],
    ['is killed for its memory', 'raise(SIGKILL);', 'memory ran out'],
  ])('%s is reported, and the host runs on', async (what, body, says) => {
    const binary = await compiled(what.replaceAll(' ', '-'), onLoad(body));
    const report = await probeProvider({ model, binary, clock: systemClock });
    expect(report).toMatchObject({ kind: 'unavailable', step: 'binary', reason: expect.stringContaining(says) });
  });

  test('hangs is given up when its time is over', async () => {
    const binary = await compiled('hangs', onLoad('for (;;) pause();'));
    const clock = new ManualClock();
    const probing = probeProvider({ model, binary, clock });
    clock.advance(10);
    expect(await probing).toMatchObject({ kind: 'unavailable', reason: expect.stringContaining('hung') });
    expect(clock.pending).toBe(0);
  });

  test('was built for musl is named', async () => {
    const musl = join(folder, 'libc.musl-x86_64.so.1');
    await writeFile(join(folder, 'musl.cc'), 'extern "C" int of_musl() { return 1; }');
    execFileSync('c++', ['-shared', '-fPIC', '-Wl,-soname,libc.musl-x86_64.so.1', '-o', musl, join(folder, 'musl.cc')]);
    const binary = await compiled('musl-user', 'extern "C" int of_musl(); int use() { return of_musl(); }', musl);
    await rm(musl);
    const report = await probeProvider({ model, binary, clock: systemClock });
    expect(report).toMatchObject({ kind: 'unavailable', reason: expect.stringContaining('built for musl') });
  });

  test('was built for a newer C library is named', async () => {
    const library = join(folder, 'libnew.so');
    const source = join(folder, 'new.cc');
    await writeFile(source, 'extern "C" int of_glibc() { return 1; }');
    await writeFile(join(folder, 'versions'), 'GLIBC_2.99 { of_glibc; };');
    const make = (...flags: readonly string[]) =>
      execFileSync('c++', ['-shared', '-fPIC', '-o', library, source, ...flags]);
    make(`-Wl,--version-script=${join(folder, 'versions')}`);
    const user = 'extern "C" int of_glibc(); int use() { return of_glibc(); }';
    const binary = await compiled('glibc-user', user, library, `-Wl,-rpath,${folder}`);
    await writeFile(join(folder, 'versions'), 'GLIBC_2.1 { of_glibc; };');
    make(`-Wl,--version-script=${join(folder, 'versions')}`);
    const report = await probeProvider({ model, binary, clock: systemClock });
    expect(report).toMatchObject({ kind: 'unavailable', reason: expect.stringContaining('GLIBC_2.99 is not here') });
  });

  test.each([
    ['is no binary at all', 'not a binary'.repeat(100), 'another system or processor, or is damaged'],
    ['is empty', '', 'another system or processor, or is damaged'],
  ])('%s is named', async (_what, content, says) => {
    const binary = join(folder, 'no-binary.node');
    await writeFile(binary, content);
    const report = await probeProvider({ model, binary, clock: systemClock });
    expect(report).toMatchObject({ kind: 'unavailable', step: 'binary', reason: expect.stringContaining(says) });
  });

  test('is not there is named', async () => {
    const report = await probeProvider({ model, binary: join(folder, 'nowhere.node'), clock: systemClock });
    expect(report).toMatchObject({ kind: 'unavailable', reason: expect.stringContaining('nowhere.node') });
  });
});

test('a model that is not the one that was checked is named', async () => {
  const report = await probeProvider({ model: { path, fileKey: '1:2:3:4:5' }, clock: systemClock });
  expect(report).toMatchObject({ kind: 'unavailable', step: 'model' });
});
