import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { acquireLock } from '../../scripts/setup/lock.mjs';
import { percentIn } from '../../scripts/setup/native.mjs';
import { place } from '../../scripts/setup/place.mjs';
import { createProgress } from '../../scripts/setup/progress.mjs';
import { digestOfFiles, filesBelow, readStamp, writeStamp } from '../../scripts/setup/stamp.mjs';
import { findToolchain } from '../../scripts/setup/toolchain.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'whisperpool-set-up-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

describe('progress is read from', () => {
  test.each([
    ['Ninja', '[12/40] Building CXX object a.o', 30],
    ['Make', '[  7%] Building CXX object a.o', 7],
    ['Make at the end', '[100%] Built target whisperpool', 100],
    ['no other line', 'a.cc:12:3: warning: [-Wall]', undefined],
  ])('%s', (_tool, line, expected) => {
    expect(percentIn(line)).toBe(expected);
  });
});

describe('progress is shown', () => {
  const play = (isTTY: boolean) => {
    let nowMilliseconds = 0;
    let written = '';
    const stream = { isTTY, columns: 80, write: (text: string) => (written += text) };
    const progress = createProgress(stream, () => nowMilliseconds);
    progress.say('start');
    for (let second = 1; second <= 12; second++) {
      nowMilliseconds = second * 1000;
      progress.show(`${second} s`);
    }
    progress.say('end');
    return written;
  };

  test('in a log as a line every five seconds', () => {
    expect(play(false)).toBe('start\n5 s\n10 s\nend\n');
  });

  test('on a terminal as one line that replaces itself', () => {
    const shown = play(true).split('\r\u001B[K');
    expect(shown.slice(0, 4)).toEqual(['', 'start\n', '1 s', '2 s']);
    expect(shown.slice(-2)).toEqual(['12 s', 'end\n']);
  });
});

describe('a stamp', () => {
  test('changes with the content and with the name of a file', () => {
    const digest = () => digestOfFiles(filesBelow(folder));
    writeFileSync(join(folder, 'a'), 'one');
    const first = digest();
    writeFileSync(join(folder, 'a'), 'two');
    const second = digest();
    rmSync(join(folder, 'a'));
    writeFileSync(join(folder, 'b'), 'two');
    expect(new Set([first, second, digest()]).size).toBe(3);
  });

  test('is there only after it was written', () => {
    const path = join(folder, 'deep', 'stamp');
    expect(readStamp(path)).toBeUndefined();
    writeStamp(path, 'value');
    expect(readStamp(path)).toBe('value');
  });
});

describe('the lock', () => {
  const deadPid = () => spawnSync(process.execPath, ['--version']).pid;

  test('lets the second wait until the first is done', async () => {
    const path = join(folder, 'lock');
    const order: string[] = [];
    const first = await acquireLock(path, () => undefined);
    const waiting = acquireLock(path, ({ pid }) => {
      order.push(`waits for ${pid}`);
      first.release();
    });
    const second = await waiting;
    expect(order).toEqual([`waits for ${process.pid}`]);
    second.release();
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    ['a process that is gone', () => ({ pid: deadPid(), host: hostname() }), 0],
    ['a process that is gone with its compilers', () => ({ pid: deadPid(), host: hostname(), group: deadPid() }), 0],
    ['another machine that stopped touching it', () => ({ pid: process.pid, host: 'elsewhere.invalid' }), 120],
  ])('is taken over from %s', async (_who, owner, ageSeconds) => {
    const path = join(folder, 'lock');
    writeFileSync(path, JSON.stringify(owner()));
    const touched = new Date(Date.now() - ageSeconds * 1000);
    utimesSync(path, touched, touched);
    let waited = false;
    const lock = await acquireLock(path, () => {
      waited = true;
    });
    expect(waited).toBe(false);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid });
    lock.release();
  });

  test('is not taken from a killed set-up whose compiler still runs', async () => {
    const path = join(folder, 'lock');
    const compiler = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { detached: true });
    const ended = new Promise((resolve) => compiler.on('close', resolve));
    writeFileSync(path, JSON.stringify({ pid: deadPid(), host: hostname(), group: compiler.pid }));
    let waited = false;
    const lock = await acquireLock(path, () => {
      waited = true;
      compiler.stdin.end();
    });
    await ended;
    expect(waited).toBe(true);
    lock.release();
  });
});

test('an interrupted command takes everything it started with it', async () => {
  // The grandchild holds the pipe, so the program ends only when the whole group is gone.
  const grandchild = `console.log('started'); setInterval(() => {}, 1e6)`;
  const command = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}], { stdio: 'inherit' })`;
  const program = `
    import { runCommand } from ${JSON.stringify(new URL('../../scripts/setup/command.mjs', import.meta.url).href)};
    runCommand(process.execPath, ['-e', ${JSON.stringify(command)}], { onLine: console.log })
      .catch((error) => { process.exitCode = error.exitCode; });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
  child.stdout.once('data', () => child.kill('SIGINT'));
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(130);
});

test('missing build tools are named together with the packages that bring them', () => {
  for (const [name, value] of Object.entries({ PATH: folder, CC: '', CXX: '' })) vi.stubEnv(name, value);
  expect(findToolchain).toThrow(
    /cmake, a C\+\+ compiler, and make or ninja are missing.*apt-get install cmake g\+\+ make/s,
  );
});

test('the lock file names the optional packages of every platform', () => {
  const { packages } = JSON.parse(readFileSync(place('package-lock.json'), 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
    ),
  );
  expect(missing).toEqual([]);
});

describe('the last line of a test run counts', () => {
  const file = (status: string, ...tests: string[]) => ({
    status,
    assertionResults: tests.map((result) => ({ status: result })),
  });

  test.each([
    [
      'tests',
      '0',
      [file('passed', 'passed', 'passed', 'skipped'), file('passed', 'todo')],
      '2 passed, 0 failed, 2 skipped',
      0,
    ],
    ['failures', '1', [file('failed', 'passed', 'failed')], '1 passed, 1 failed, 0 skipped', 1],
    [
      'a file that cannot be loaded',
      '1',
      [file('passed', 'passed'), file('failed')],
      '1 passed, 1 failed, 0 skipped',
      1,
    ],
    ['a run that failed after its tests', '1', [file('passed', 'passed')], '1 passed, 1 failed, 0 skipped', 1],
    ['a run that never came to its tests', '1', undefined, '0 passed, 1 failed, 0 skipped', 1],
    ['nothing as a failure', '0', [], '0 passed, 0 failed, 0 skipped', 1],
  ])('%s', (_what, exitCode, testResults, line, status) => {
    const report = join(folder, 'report.json');
    if (testResults) writeFileSync(report, JSON.stringify({ testResults }));
    const script = fileURLToPath(new URL('../../scripts/test-summary.mjs', import.meta.url));
    const result = spawnSync(process.execPath, [script, exitCode, report], { encoding: 'utf8' });
    expect(result.stdout).toBe(`${line}\n`);
    expect(result.status).toBe(status);
  });
});
