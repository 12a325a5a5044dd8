import { expect, test } from 'vitest';
import { type Fact, known, unknown } from '../../dist/capability/machine.js';
import { isMemoryShort } from '../../dist/capability/memory-watch.js';
import type { Pressure } from '../../dist/capability/pressure.js';

const none = unknown('not read here');
const of = (value: number): Fact<number> => known(value, 'the test');
const gibibyte = 2 ** 30;

test.each<[what: string, pressure: Partial<Pressure>, isShort: boolean]>([
  ['when nothing is known', {}, false],
  [
    'with room, and no stalls',
    { availableMemoryBytes: of(gibibyte), memoryStall: of(0), outOfMemoryKills: of(0) },
    false,
  ],
  ['with little left', { availableMemoryBytes: of(gibibyte / 5) }, true],
  [
    'when a fifth of the time goes to waiting for it',
    { availableMemoryBytes: of(gibibyte), memoryStall: of(0.2) },
    true,
  ],
  ['when a process was killed for it', { outOfMemoryKills: of(1) }, true],
  ['when a limit was hit, which a cache does too', { memoryLimitHits: of(100) }, false],
])('memory is short or not: %s', (_what, pressure, isShort) => {
  const unread: Pressure = {
    atSeconds: 0,
    memoryStall: none,
    availableMemoryBytes: none,
    memoryLimitHits: none,
    outOfMemoryKills: none,
    throttling: none,
    stolenCpuTime: none,
    slowedDown: none,
  };
  expect(isMemoryShort({ ...unread, ...pressure })).toBe(isShort);
});
