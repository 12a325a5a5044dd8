import { expect, test } from 'vitest';
import { catalog, publishedFile } from '../../dist/model/catalog.js';
import { memoryNeed } from '../../dist/model/memory-need.js';

const mebibyte = 2 ** 20;

function needOf(name: string, variant: 'q8_0' | 'f16') {
  const model = catalog.find((candidate) => candidate.name === name);
  const file = publishedFile(name, variant);
  if (!model || !file) throw new Error(`The catalog has no ${name} in ${variant}.`);
  return memoryNeed(model.dimensions, file.sizeBytes);
}

// Growth of RSS in MiB, read by hand around the addon's calls: the weights, and a second state after an 11 s clip.
test.each([
  ['tiny.en', 'q8_0', 50.2, 30.2],
  ['base', 'q8_0', 86.7, 44],
  ['base', 'f16', 149.9, 43],
  ['small', 'q8_0', 261, 85.2],
  ['medium', 'q8_0', 794.5, 167.2],
  ['large-v3-turbo', 'q8_0', 842.5, 89.7],
] as const)(
  'The need of %s in %s is an upper estimate of what was measured, and a near one',
  (name, variant, weights, state) => {
    const { weightsBytes, perStateBytes } = needOf(name, variant);
    expect(weightsBytes / mebibyte / weights).toBeGreaterThan(0.99);
    expect(weightsBytes / mebibyte / weights).toBeLessThan(1.02);
    expect(perStateBytes / mebibyte / state).toBeGreaterThanOrEqual(1);
    expect(perStateBytes / mebibyte / state).toBeLessThan(1.25);
  },
);

test('A variant changes the weights only', () => {
  expect(needOf('base', 'f16').perStateBytes).toBe(needOf('base', 'q8_0').perStateBytes);
  expect(needOf('base', 'f16').weightsBytes).toBeGreaterThan(needOf('base', 'q8_0').weightsBytes);
});
