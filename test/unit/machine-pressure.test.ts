import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Pressure, PressureWatch } from '../../dist/capability/pressure.js';
import type { KernelFiles } from '../../dist/capability/pressure-counters.js';
import { ManualClock } from '../manual-clock.js';

/** Texts by path, or the error that reading gives. */
type Files = Readonly<Record<string, string | readonly string[] | Error>>;

/** Files that change between one sample and the next; each sample keeps what it does not name. */
class ChangingFiles implements KernelFiles {
  #files: Files;

  constructor(files: Files) {
    this.#files = files;
  }

  change(files: Files): void {
    this.#files = { ...this.#files, ...files };
  }

  readText(path: string): string {
    const text = this.#files[path] ?? Object.assign(new Error('not recorded'), { code: 'ENOENT' });
    if (text instanceof Error) throw text;
    return typeof text === 'string' ? text : text.join('\n');
  }

  list(folder: string): readonly string[] {
    const names = Object.keys(this.#files)
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => path.slice(folder.length + 1).split('/')[0] ?? '');
    if (names.length === 0) throw Object.assign(new Error('not recorded'), { code: 'ENOENT' });
    return [...new Set(names)];
  }
}

/** What a watch tells of one sample after the other. */
function watched(...samples: readonly [Files, ...Files[]]): Pressure[] {
  const [first, ...others] = samples;
  const files = new ChangingFiles(first);
  const clock = new ManualClock(100);
  const watch = new PressureWatch({ clock, files });
  const pressures = [watch.latest];
  watch.subscribe((pressure) => pressures.push(pressure));
  for (const change of others) {
    files.change(change);
    clock.advance(5);
  }
  watch[Symbol.dispose]();
  expect(clock.pending).toBe(0);
  return pressures;
}

const version2: Files = {
  '/proc/self/cgroup': '0::/pod/own\n',
  '/proc/self/mountinfo': '30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
  '/proc/meminfo': 'MemAvailable:    8388608 kB\n',
};
const own = '/sys/fs/cgroup/pod/own';
const pod = '/sys/fs/cgroup/pod';
const cpuStat = (periods: number, throttled: number, microseconds: number) =>
  `usage_usec 900\nnr_periods ${periods}\nnr_throttled ${throttled}\nthrottled_usec ${microseconds}\n`;
const events = (high: number, max: number, kills: number) =>
  `low 0\nhigh ${high}\nmax ${max}\noom 9\noom_kill ${kills}\noom_group_kill 0\n`;
const intel = '/sys/devices/system/cpu/cpu0/thermal_throttle';
const raspberry = '/sys/devices/platform/soc/soc:firmware/get_throttled';
const cooler = '/sys/class/thermal/cooling_device';

describe('a sample says', () => {
  test.each<[what: string, before: Files, change: Files, expected: Partial<Record<keyof Pressure, unknown>>]>([
    [
      'which part of the periods had no CPU time left, and for how long',
      { [`${own}/cpu.stat`]: cpuStat(100, 10, 500_000) },
      { [`${own}/cpu.stat`]: cpuStat(150, 50, 2_500_000) },
      { throttling: { kind: 'known', value: { periods: 0.8, seconds: 2 }, source: `${own}/cpu.stat and above` } },
    ],
    [
      "the quota that held back most, be it an ancestor's",
      { [`${own}/cpu.stat`]: cpuStat(0, 0, 0), [`${pod}/cpu.stat`]: cpuStat(10, 0, 0) },
      { [`${own}/cpu.stat`]: cpuStat(50, 5, 100_000), [`${pod}/cpu.stat`]: cpuStat(60, 25, 1_000_000) },
      { throttling: { value: { periods: 0.5, seconds: 1 } } },
    ],
    [
      'never more periods than there were',
      { [`${own}/cpu.stat`]: cpuStat(100, 10, 0) },
      { [`${own}/cpu.stat`]: cpuStat(102, 13, 0) },
      { throttling: { value: { periods: 1, seconds: 0 } } },
    ],
    [
      'that nothing is throttled where there is no quota',
      { [`${own}/cpu.stat`]: 'usage_usec 900\n' },
      { [`${own}/cpu.stat`]: 'usage_usec 1900\n' },
      { throttling: { kind: 'known', value: { periods: 0, seconds: 0 } } },
    ],
    [
      'that nothing is throttled where no period has passed',
      { [`${own}/cpu.stat`]: cpuStat(7, 7, 7) },
      {},
      { throttling: { value: { periods: 0, seconds: 0 } } },
    ],
    [
      'how long the group had to wait for memory',
      {
        [`${own}/memory.pressure`]: 'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
        '/proc/pressure/memory': 'some avg10=90.00',
      },
      {
        [`${own}/memory.pressure`]:
          'some avg10=12.50 avg60=3.00 avg300=1.00 total=99\nfull avg10=7.00 avg60=0.00 avg300=0.00 total=9\n',
      },
      { memoryStall: { kind: 'known', value: 0.125, source: `${own}/memory.pressure` } },
    ],
    [
      'how long the machine had to, where the group is not told',
      {},
      { '/proc/pressure/memory': 'some avg10=25.00 avg60=0.00 avg300=0.00 total=0\n' },
      { memoryStall: { kind: 'known', value: 0.25, source: '/proc/pressure/memory' } },
    ],
    [
      'that it is not known where the kernel was told not to count it',
      {},
      {
        '/proc/pressure/memory': Object.assign(new Error('EOPNOTSUPP: operation not supported'), {
          code: 'EOPNOTSUPP',
        }),
      },
      { memoryStall: { kind: 'unknown', reason: '/proc/pressure/memory: EOPNOTSUPP: operation not supported' } },
    ],
    [
      'how often the limits of the group and its ancestors were hit, and who was killed for it',
      { [`${own}/memory.events.local`]: events(1, 2, 0), [`${pod}/memory.events.local`]: events(0, 10, 0) },
      { [`${own}/memory.events.local`]: events(4, 2, 1), [`${pod}/memory.events.local`]: events(0, 15, 0) },
      { memoryLimitHits: { kind: 'known', value: 8 }, outOfMemoryKills: { kind: 'known', value: 1 } },
    ],
    [
      "what is left of the machine's memory",
      {},
      { '/proc/meminfo': 'MemAvailable:    4194304 kB\n' },
      { availableMemoryBytes: { kind: 'known', value: 4 * 2 ** 30, source: '/proc/meminfo' } },
    ],
    [
      'what is left under the limit, where that is less',
      { [`${pod}/memory.max`]: '1073741824\n', [`${pod}/memory.current`]: '100000000\n' },
      { [`${pod}/memory.current`]: '900000000\n', [`${pod}/memory.stat`]: 'anon 1\ninactive_file 50000000\n' },
      { availableMemoryBytes: { value: 1_073_741_824 - 850_000_000, source: `${pod}/memory.max` } },
    ],
    [
      'which part of the CPU time went elsewhere',
      { '/proc/stat': 'cpu  100 0 50 800 10 0 0 40 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n' },
      { '/proc/stat': 'cpu  150 0 60 820 10 0 0 60 50 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n' },
      { stolenCpuTime: { kind: 'known', value: 0.2, source: '/proc/stat' } },
    ],
    [
      'that none is stolen where a counter went back',
      { '/proc/stat': 'cpu  100 0 50 800 10 0 0 40 0 0\n' },
      { '/proc/stat': 'cpu  150 0 60 820 10 0 0 39 0 0\n' },
      { stolenCpuTime: { kind: 'known', value: 0 } },
    ],
    [
      'that none is stolen where no time has passed',
      { '/proc/stat': 'cpu  100 0 50 800 10 0 0 40 0 0\n' },
      {},
      { stolenCpuTime: { kind: 'known', value: 0 } },
    ],
    [
      'that an Intel processor got too hot',
      { [`${intel}/core_throttle_count`]: '5\n', [`${intel}/package_throttle_count`]: '7\n' },
      { [`${intel}/package_throttle_count`]: '8\n' },
      { slowedDown: { kind: 'known', value: true, source: intel } },
    ],
    [
      'that an Intel processor did not get too hot again',
      { [`${intel}/core_throttle_count`]: '5\n' },
      {},
      { slowedDown: { kind: 'known', value: false } },
    ],
    [
      'that a Raspberry Pi is too hot now',
      { [raspberry]: '0\n' },
      { [raspberry]: 'e0008\n' },
      { slowedDown: { kind: 'known', value: true, source: raspberry } },
    ],
    [
      'that a Raspberry Pi was too hot earlier only',
      { [raspberry]: 'e0008\n' },
      { [raspberry]: 'e0000\n' },
      { slowedDown: { kind: 'known', value: false } },
    ],
    [
      'that the kernel slows the processor down',
      {
        [`${cooler}0/type`]: 'Fan\n',
        [`${cooler}0/cur_state`]: '3\n',
        [`${cooler}1/type`]: 'cpufreq-cpu4\n',
        [`${cooler}1/cur_state`]: '0\n',
      },
      { [`${cooler}1/cur_state`]: '2\n' },
      { slowedDown: { kind: 'known', value: true, source: '/sys/class/thermal' } },
    ],
    [
      'that only the fan runs',
      {
        [`${cooler}0/type`]: 'Fan\n',
        [`${cooler}0/cur_state`]: '3\n',
        [`${cooler}1/type`]: 'Processor\n',
        [`${cooler}1/cur_state`]: '0\n',
      },
      {},
      { slowedDown: { kind: 'known', value: false } },
    ],
    [
      'why it does not know',
      {},
      {},
      {
        memoryStall: { kind: 'unknown', reason: '/proc/pressure/memory: not there' },
        memoryLimitHits: { kind: 'unknown', reason: `${own}/memory.events.local and above: not there` },
        stolenCpuTime: { kind: 'unknown', reason: '/proc/stat: not there' },
        slowedDown: { kind: 'unknown', reason: 'neither the processor nor the kernel tells it here' },
      },
    ],
  ])('%s', (_, before, change, expected) => {
    expect(watched({ ...version2, ...before }, change)[1]).toMatchObject(expected);
  });

  test('that everything is unknown on a system without these files', () => {
    const [, pressure] = watched({}, {});
    const facts = Object.values(pressure ?? {}).filter((fact) => typeof fact === 'object');
    expect(facts).toHaveLength(7);
    for (const fact of facts) expect(fact).toEqual({ kind: 'unknown', reason: expect.stringMatching(/\w/) });
  });

  test('at first, only what needs no comparison', () => {
    const [first] = watched({
      ...version2,
      '/proc/stat': 'cpu  100 0 50 800 10 0 0 40 0 0\n',
      [`${own}/memory.events.local`]: events(1, 2, 0),
      [raspberry]: '2\n',
    });
    expect(first).toMatchObject({
      atSeconds: 100,
      availableMemoryBytes: { kind: 'known', value: 8 * 2 ** 30 },
      stolenCpuTime: { kind: 'unknown', reason: '/proc/stat: nothing to compare it with yet' },
      memoryLimitHits: { kind: 'unknown' },
      slowedDown: { kind: 'known', value: true },
    });
  });

  test('again what it knows, after a file could not be read once', () => {
    const stat = (ticks: number) => ({ '/proc/stat': `cpu  ${ticks} 0 0 0 0 0 0 0 0 0\n` });
    const broken = { '/proc/stat': new Error('broken') };
    const told = watched({ ...version2, ...stat(1) }, stat(2), broken, stat(3), stat(4));
    expect(told.map(({ stolenCpuTime }) => stolenCpuTime.kind)).toEqual([
      'unknown',
      'known',
      'unknown',
      'unknown',
      'known',
    ]);
  });

  test('what was recorded in a group with half a core and too little memory', () => {
    const { samples } = JSON.parse(
      readFileSync(new URL('../machines/pressure/half-a-core.json', import.meta.url), 'utf8'),
    ) as { samples: [Files, ...Files[]] };
    const [, second, third] = watched(...samples);
    expect(second).toMatchObject({
      availableMemoryBytes: { value: 251_056_128 },
      memoryLimitHits: { value: 62 },
      outOfMemoryKills: { value: 1 },
      throttling: { value: { periods: 15 / 21, seconds: 0.450646337 } },
    });
    expect(third).toMatchObject({
      availableMemoryBytes: { value: 250_793_984 },
      memoryLimitHits: { value: 0 },
      outOfMemoryKills: { value: 0 },
      throttling: { value: { periods: 0.75 } },
    });
  });
});

describe('a watch', () => {
  test('samples every five seconds, and tells everybody who listens', () => {
    const clock = new ManualClock();
    using watch = new PressureWatch({ clock, files: new ChangingFiles({}) });
    const times: number[][] = [[], []];
    const [leave] = times.map((heard) => watch.subscribe((pressure) => heard.push(pressure.atSeconds)));
    clock.advance(11);
    leave?.();
    clock.advance(5);
    expect(times).toEqual([
      [5, 10],
      [5, 10, 15],
    ]);
    expect(watch.latest.atSeconds).toBe(15);
  });

  test('samples as often as it is told', () => {
    const clock = new ManualClock();
    using watch = new PressureWatch({ intervalSeconds: 0.5, clock, files: new ChangingFiles({}) });
    clock.advance(1.4);
    expect(watch.latest.atSeconds).toBe(1);
  });

  test('ends when it is disposed of, from within a listener too', () => {
    const clock = new ManualClock();
    const watch = new PressureWatch({ clock, files: new ChangingFiles({}) });
    watch.subscribe(() => watch[Symbol.dispose]());
    clock.advance(60);
    expect(watch.latest.atSeconds).toBe(5);
    expect(clock.pending).toBe(0);
  });

  test('goes on when a listener throws', () => {
    const clock = new ManualClock();
    using watch = new PressureWatch({ clock, files: new ChangingFiles({}) });
    const leave = watch.subscribe(() => {
      throw new Error('a listener that is broken');
    });
    expect(() => clock.advance(5)).toThrow('a listener that is broken');
    leave();
    clock.advance(5);
    expect(watch.latest.atSeconds).toBe(10);
  });

  test.skipIf(process.platform !== 'linux')('reads this machine', () => {
    const clock = new ManualClock();
    using watch = new PressureWatch({ clock });
    clock.advance(5);
    expect(watch.latest).toMatchObject({
      availableMemoryBytes: { kind: 'known' },
      stolenCpuTime: { kind: 'known' },
    });
  });
});
