import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Fact, type Machine, usableCores } from '../../dist/capability/machine.js';
import { controlGroup } from '../../dist/capability/probe/control-group.js';
import { numbersIn } from '../../dist/capability/probe/number-list.js';
import { probeMachine } from '../../dist/capability/probe/probe-machine.js';
import { type Readers, thisMachine } from '../../dist/capability/probe/readers.js';
import {
  type RecordedMachine,
  type Recording,
  record,
  recordedMachines,
  replay,
} from '../machines/recorded-machine.js';
import { ManualClock } from '../manual-clock.js';

const everyMachine = recordedMachines();
const machines = everyMachine.map((machine) => [machine.about, machine] as const);

function factsOf(machine: Machine): [string, Fact<unknown>][] {
  return Object.entries(machine).filter((entry): entry is [string, Fact<unknown>] => typeof entry[1] === 'object');
}

function machineNamed(beginning: string): RecordedMachine {
  const machine = everyMachine.find(({ about }) => about.startsWith(beginning));
  if (!machine) throw new Error(`There is no machine named ${beginning}.`);
  return machine;
}

/** Once all that can go on has gone on. */
function untilIdle(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(resolve, undefined));
}

describe('a recorded machine is read as it is', () => {
  test.each(machines)('%s', async (_, recorded) => {
    const machine = await probeMachine(replay(recorded));
    const values = factsOf(machine).map(([name, fact]) => [name, fact.kind === 'known' ? fact.value : null]);
    expect(Object.fromEntries(values)).toEqual(recorded.facts);
    expect(usableCores(machine)).toBe(recorded.usableCores);
    for (const [name, part] of Object.entries(recorded.sources)) {
      const fact = machine[name as keyof typeof recorded.sources];
      expect(fact.kind === 'known' ? fact.source : fact.reason, name).toContain(part);
    }
  });

  test.each(machines)('with a source or a reason for everything: %s', async (_, recorded) => {
    for (const [name, fact] of factsOf(await probeMachine(replay(recorded)))) {
      expect(fact.kind === 'known' ? fact.source : fact.reason, name).toMatch(/\w/);
    }
  });

  test.each(machines)('by reading each file once and leaving no alarm behind: %s', async (_, recorded) => {
    const readers = replay(recorded);
    const clock = new ManualClock();
    const paths: string[] = [];
    const readText = (path: string) => {
      paths.push(path);
      return readers.readText(path);
    };
    await probeMachine({ ...readers, readText, clock });
    expect(paths).toEqual([...new Set(paths)]);
    expect(clock.pending).toBe(0);
  });
});

describe('whatever a machine answers, the probe gives every fact', () => {
  const sound: Readers = replay(machineNamed('Docker with control groups of version 2'));

  test.each([
    ['linux', 1],
    // There systeminformation has to start PowerShell first.
    ['win32', 5],
  ])('where every reader hangs, on %s after %i s', async (platform, seconds) => {
    const never = () => new Promise<never>(() => undefined);
    const clock = new ManualClock();
    let asked = 0;
    const count = () => {
      asked += 1;
      return never();
    };
    const system = { cpu: count, mem: count, graphics: count, battery: count };
    const probing = probeMachine({ ...sound, platform, readText: count, list: count, run: count, system, clock });
    await untilIdle();
    const askedInTime = asked;
    clock.advance(seconds - 0.01);
    expect(await Promise.race([probing, untilIdle()])).toBeUndefined();
    clock.advance(0.01);
    const machine = await probing;
    const reason = expect.stringContaining(`/proc/cpuinfo: no answer within ${seconds} s; `);
    expect(machine.physicalCores).toEqual({ kind: 'unknown', reason });
    expect(asked).toBe(askedInTime);
    // Node itself still tells some.
    expect(machine.logicalCores).toMatchObject({ kind: 'known', value: 8, source: 'os.cpus' });
  });

  test('where one file hangs, with all the others', async () => {
    const clock = new ManualClock();
    const readText = (path: string) =>
      path === '/proc/self/mountinfo' ? new Promise<never>(() => undefined) : sound.readText(path);
    const probing = probeMachine({ ...sound, readText, clock });
    await untilIdle();
    clock.advance(1);
    const unknown = factsOf(await probing).filter(([, fact]) => fact.kind === 'unknown');
    expect(unknown.map(([name]) => name)).toEqual(['cpuQuotaCores', 'memoryLimitBytes', 'appleChip']);
  });

  test('where every reader throws at once', async () => {
    const fail = () => {
      throw new Error('broken');
    };
    const os = { release: fail, version: fail, cpus: fail, availableParallelism: fail, totalmem: fail, freemem: fail };
    const system = { cpu: fail, mem: fail, graphics: fail, battery: fail };
    const machine = await probeMachine({ ...sound, os, readText: fail, list: fail, run: fail, system });
    const knownFacts = factsOf(machine).filter(([, fact]) => fact.kind === 'known');
    expect(knownFacts.map(([name]) => name)).toEqual(['metal']);
    expect(machine.totalMemoryBytes).toEqual({ kind: 'unknown', reason: '/proc/meminfo: broken; broken' });
    expect(usableCores(machine)).toBe(1);
  });

  test('where files are missing, cut off or hold anything else', async () => {
    const gone = Object.assign(new Error('gone'), { code: 'ENOENT' });
    const text = fc.oneof(fc.string(), fc.constantFrom('0-', '-1', 'max', '0::/', 'processor\t:\n', '9'.repeat(40)));
    const damages = fc.oneof(
      fc.constant((whole: string) => whole),
      fc.constantFrom(
        (whole: string) => whole.slice(0, whole.length / 3),
        () => Promise.reject(gone),
        () => Promise.reject(new Error('EIO')),
      ),
      text.map((other) => () => other),
    );
    const names = everyMachine.map(({ about }) => about);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.array(damages, { minLength: 1 }), async (name, damaged) => {
        const readers = replay(machineNamed(name));
        let files = 0;
        const readText = async (path: string) => {
          const whole = await readers.readText(path);
          files += 1;
          return damaged[files % damaged.length]?.(whole) ?? whole;
        };
        const machine = await probeMachine({ ...readers, readText });
        expect(usableCores(machine)).toBeGreaterThanOrEqual(1);
        for (const [fact, found] of factsOf(machine)) {
          expect(found.kind === 'known' ? found.source : found.reason, fact).toMatch(/\w/);
          if (found.kind === 'unknown' || typeof found.value !== 'number') continue;
          expect(found.value, fact).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});

const groups = '/sys/fs/cgroup';
const group = `whisperpool-test-${process.pid}`;

const dist = new URL('../../dist/capability', import.meta.url).href;

/** Arguments for a Node that prints what it finds. */
const probe = [
  '--input-type=module',
  '--eval',
  `import { usableCores } from '${dist}/machine.js';
   import { probeMachine } from '${dist}/probe/probe-machine.js';
   const machine = await probeMachine();
   console.log(JSON.stringify({ ...machine, usable: usableCores(machine) }));`,
];

describe('the machine that this runs on', () => {
  test('is told as Node tells it', async () => {
    const machine = await probeMachine();
    expect(machine).toMatchObject({
      platform: process.platform,
      architecture: process.arch,
      logicalCores: { value: cpus().length },
      totalMemoryBytes: { value: totalmem() },
    });
  });

  test('is told from a recording as from itself', async () => {
    const { readers, recording } = record(thisMachine);
    const machine = await probeMachine(readers);
    expect(await probeMachine(replay(JSON.parse(JSON.stringify(recording)) as Recording))).toEqual(machine);
  });

  const bind = 'exec taskset -c 0 "$@"';
  test.skipIf(spawnSync('sh', ['-c', bind, 'sh', 'true']).status !== 0)(
    'has as many usable cores as the affinity mask names',
    () => {
      const bound = spawnSync('sh', ['-c', bind, 'sh', process.execPath, ...probe], { encoding: 'utf8' });
      expect(probedBy(bound)).toMatchObject({ affinityCores: { value: 1 }, usable: 1 });
    },
  );

  test.skipIf(limited('true').status !== 0)('has the quota and the memory of its control group', () => {
    expect(probedBy(limited(process.execPath, ...probe))).toMatchObject({
      cpuQuotaCores: { value: 1.5, source: expect.stringContaining(group) },
      memoryLimitBytes: { value: 512 * 2 ** 20, source: expect.stringContaining(group) },
      availableMemoryBytes: { source: expect.stringContaining(group) },
      usable: 1,
    });
  });
});

function probedBy({ stdout, stderr }: SpawnSyncReturns<string>): unknown {
  return stdout === '' ? { stderr } : JSON.parse(stdout);
}

/** Runs a program with 1.5 cores and 512 MB; fails where this user may make no such control group. */
function limited(...program: string[]): SpawnSyncReturns<string> {
  const script = `
    set -e
    if [ -d ${groups}/cpu ]; then
      mkdir ${groups}/cpu/${group} ${groups}/memory/${group}
      cd ${groups}/cpu/${group}; echo 150000 > cpu.cfs_quota_us; echo $$ > cgroup.procs
      cd ${groups}/memory/${group}; echo 512M > memory.limit_in_bytes; echo $$ > cgroup.procs
    else
      mkdir ${groups}/${group}; cd ${groups}/${group}
      echo '150000 100000' > cpu.max; echo 512M > memory.max; echo $$ > cgroup.procs
    fi
    exec "$@"
  `;
  const result = spawnSync('sh', ['-c', script, 'sh', ...program], { encoding: 'utf8' });
  spawnSync('rmdir', [`${groups}/cpu/${group}`, `${groups}/memory/${group}`, `${groups}/${group}`]);
  return result;
}

describe('control groups are found', () => {
  const v2 = '30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw';
  const memory1 = '35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory';
  test.each<[string, membership: string, mounts: string[], expected: ReturnType<typeof controlGroup>]>([
    [
      'of version 2',
      '0::/a/b',
      [v2],
      { version: 2, folders: ['/sys/fs/cgroup/a/b', '/sys/fs/cgroup/a', '/sys/fs/cgroup'] },
    ],
    [
      'of version 1',
      '4:memory:/a',
      [memory1, v2],
      { version: 1, folders: ['/sys/fs/cgroup/memory/a', '/sys/fs/cgroup/memory'] },
    ],
    [
      'of version 1 beside version 2',
      '4:memory:/a\n0::/b',
      [v2, memory1],
      { version: 1, folders: ['/sys/fs/cgroup/memory/a', '/sys/fs/cgroup/memory'] },
    ],
    [
      'of version 2 beside version 1 for something else',
      '4:pids:/a\n0::/',
      [memory1.replace(/memory/g, 'pids'), v2],
      { version: 2, folders: ['/sys/fs/cgroup'] },
    ],
    ['not, where the version that rules is not mounted', '4:memory:/a\n0::/b', [v2], undefined],
    ['not, where nothing is mounted', '0::/', [], undefined],
    ['not, where nothing is said', '', [v2], undefined],
    [
      'below a root that is mounted',
      '0::/x/y/z',
      [v2.replace(' / ', ' /x/y ')],
      { version: 2, folders: ['/sys/fs/cgroup/z', '/sys/fs/cgroup'] },
    ],
    [
      'at the mount, where the path is elsewhere',
      '0::/elsewhere',
      [v2.replace(' / ', ' /x ')],
      { version: 2, folders: ['/sys/fs/cgroup'] },
    ],
    [
      'at the mount, where a name only begins alike',
      '0::/xy',
      [v2.replace(' / ', ' /x ')],
      { version: 2, folders: ['/sys/fs/cgroup'] },
    ],
    ['at the mount, where the path leads outside', '0::/../a', [v2], { version: 2, folders: ['/sys/fs/cgroup'] }],
    [
      'in the mount that holds the path',
      '0::/x/y',
      [v2.replace(' / /sys/fs/cgroup', ' /other /mnt'), v2],
      { version: 2, folders: ['/sys/fs/cgroup/x/y', '/sys/fs/cgroup/x', '/sys/fs/cgroup'] },
    ],
    [
      'in a folder with a space and a colon',
      '0::/a:b',
      [v2.replace('/sys/fs/cgroup', '/my\\040groups')],
      { version: 2, folders: ['/my groups/a:b', '/my groups'] },
    ],
  ])('%s', (_, membership, mounts, expected) => {
    expect(controlGroup('memory', membership, mounts.join('\n'))).toEqual(expected);
  });
});

test.each([
  ['0', [0]],
  ['0-3\n', [0, 1, 2, 3]],
  ['0-1,4,6-7', [0, 1, 4, 6, 7]],
  ['\n', []],
])('%j is a list of numbers', (text, numbers) => {
  expect(numbersIn(text)).toEqual(numbers);
});

test.each(['a', '1-', '-1', '1,,2', '0-4294967295', '0x1'])('%j is no list of numbers', (text) => {
  expect(() => numbersIn(text)).toThrow('is not a list of numbers');
});
