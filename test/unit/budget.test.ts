import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { type CoreWishes, coreBudget, cpuQuota, usableCores } from '../../dist/capability/budget.js';

describe('cores are shared out', () => {
  test.each<[cores: number, wishes: CoreWishes, slots: number, threadsPerSlot: number]>([
    [1, {}, 1, 1],
    [2, {}, 2, 1],
    [8, {}, 8, 1],
    [12, {}, 8, 1],
    [16, {}, 8, 2],
    [64, {}, 8, 8],
    [4, { slots: 1 }, 1, 4],
    [4, { slots: 2 }, 2, 2],
    [4, { slots: 3 }, 3, 1],
    [4, { threadsPerSlot: 2 }, 2, 2],
    [4, { threadsPerSlot: 3 }, 1, 3],
    [64, { threadsPerSlot: 2 }, 8, 2],
    // What the user fixes is kept, even where it is more than there is.
    [2, { slots: 4 }, 4, 1],
    [2, { threadsPerSlot: 4 }, 1, 4],
    [2, { slots: 3, threadsPerSlot: 5 }, 3, 5],
    [2, { slots: 256 }, 256, 1],
    [2, { slots: undefined, threadsPerSlot: undefined }, 2, 1],
  ])('%i cores and %o', (cores, wishes, slots, threadsPerSlot) => {
    expect(coreBudget(cores, wishes)).toEqual({ slots, threadsPerSlot });
  });

  test('never to more threads than cores when nothing is fixed', () => {
    for (let cores = 1; cores <= 256; cores += 1) {
      const { slots, threadsPerSlot } = coreBudget(cores, {});
      expect(slots * threadsPerSlot).toBeLessThanOrEqual(cores);
    }
  });

  test.each<[wishes: CoreWishes, name: string]>([
    [{ slots: 0 }, 'slots'],
    [{ slots: -1 }, 'slots'],
    [{ slots: 1.5 }, 'slots'],
    [{ slots: Number.NaN }, 'slots'],
    [{ slots: Number.POSITIVE_INFINITY }, 'slots'],
    [{ slots: 257 }, 'slots'],
    [{ threadsPerSlot: 0 }, 'threadsPerSlot'],
    [{ threadsPerSlot: 0.5 }, 'threadsPerSlot'],
  ])('%o is refused', (wishes, name) => {
    expect(() => coreBudget(4, wishes)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
    expect(() => coreBudget(4, wishes)).toThrow(`\`${name}\``);
  });
});

/** What the files of control groups hold on real machines. */
describe('the CPU quota', () => {
  const v2 = '/sys/fs/cgroup/cpu.max';
  const v1Quota = '/sys/fs/cgroup/cpu/cpu.cfs_quota_us';
  const v1Period = '/sys/fs/cgroup/cpu/cpu.cfs_period_us';
  const none = Number.POSITIVE_INFINITY;

  test.each<[where: string, files: Readonly<Record<string, string>>, cores: number]>([
    ['without control groups', {}, none],
    ['at the root of v2, where there is no cpu.max', { '/sys/fs/cgroup/cgroup.procs': '1\n' }, none],
    ['of v2 without a limit', { [v2]: 'max 100000\n' }, none],
    ['of v2 with two CPUs', { [v2]: '200000 100000\n' }, 2],
    ['of v2 with two and a half', { [v2]: '250000 100000\n' }, 2.5],
    ['of v2 with half a CPU', { [v2]: '50000 100000\n' }, 0.5],
    ['of v2 with another period', { [v2]: '40000 20000\n' }, 2],
    ['of v1 without a limit', { [v1Quota]: '-1\n', [v1Period]: '100000\n' }, none],
    ['of v1 with four CPUs', { [v1Quota]: '400000\n', [v1Period]: '100000\n' }, 4],
    ['of v1 with half a CPU', { [v1Quota]: '50000\n', [v1Period]: '100000\n' }, 0.5],
    ['of v2 where both are mounted', { [v2]: '100000 100000\n', [v1Quota]: '-1\n', [v1Period]: '100000\n' }, 1],
    ['in a file that is empty', { [v2]: '' }, none],
    ['in a file that makes no sense', { [v2]: '0 100000\n' }, none],
    ['in a file with a period of zero', { [v2]: '100000 0\n' }, none],
  ])('%s', (_where, files, cores) => {
    expect(cpuQuota((path) => files[path])).toBe(cores);
  });
});

test('usable cores are a whole number, at least one and no more than there are', () => {
  const cores = usableCores();
  expect(Number.isInteger(cores)).toBe(true);
  expect(cores).toBeGreaterThanOrEqual(1);
  expect(cores).toBeLessThanOrEqual(availableParallelism());
});
