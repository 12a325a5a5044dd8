import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resolveModel } from '../../dist/model/resolve.js';
import { loadAddon } from '../../dist/provider/addon.js';
import { copyOfWhole, whole, wholeBytes, withFile } from './damaged-model.js';

const addon = loadAddon();
/** Under its catalog name, so that the engine knows what every byte of it must be. */
const path = await copyOfWhole('ggml-tiny.en-q8_0.bin');
const bytes = await readFile(path);
const intact = await resolveModel(path);

/** Places of the bytes that say what the others mean: header, counts, lengths, types, shapes and names. */
const structure = new Set<number>();
const mark = (from: number, to: number) => {
  for (let place = from; place < to; place += 1) structure.add(place);
};
mark(0, whole.melFiltersOffsetBytes + 8);
const vocabularyEnd = whole.tensors[0]?.headerOffsetBytes ?? 0;
mark(whole.vocabularyOffsetBytes, whole.vocabularyOffsetBytes + 4);
for (let token = whole.vocabularyOffsetBytes + 4; token < vocabularyEnd; token += 4 + bytes.readInt32LE(token)) {
  mark(token, token + 4);
}
for (const { headerOffsetBytes, offsetBytes } of whole.tensors) mark(headerOffsetBytes, offsetBytes);
const places = [...structure];

function load(fileKey: string) {
  addon.openContext(path, { fileKey, flashAttention: false, gpu: false, alignment: '' }).close();
}

async function writeByte(place: number, value: number): Promise<void> {
  await withFile(path, (file) => file.write(Buffer.from([value]), 0, 1, place));
}

const cases: readonly [where: string, flips: number, place: fc.Arbitrary<number>][] = [
  ['in its structure', 450, fc.nat(places.length - 1).map((index) => places[index] ?? 0)],
  ['in its filters, tokens or weights', 50, fc.nat(wholeBytes - 1).filter((place) => !structure.has(place))],
];

test.each(cases)('a model with one byte changed %s does not reach the loader: %i of them', async (_, flips, place) => {
  const { weightsRead } = addon.contextStatistics();
  const change = fc.noBias(fc.tuple(place, fc.integer({ min: 1, max: 255 })));
  const refused = fc.asyncProperty(change, async ([at, mask]) => {
    const right = bytes[at] ?? 0;
    await writeByte(at, right ^ mask);
    await expect(resolveModel(path)).rejects.toMatchObject({
      code: expect.stringMatching(/^MODEL_(CORRUPT|TRUNCATED|UNSUPPORTED)$/),
    });
    // Nor when the damage is done after the check.
    expect(() => load(intact.fileKey)).toThrow('after it was checked');
    await writeByte(at, right);
  });
  await fc.assert(refused, { seed: 20_260_401, numRuns: flips });
  expect(addon.contextStatistics().weightsRead).toBe(weightsRead);
  const mended = await resolveModel(path);
  expect(mended.checked).toBe('sha256');
  load(mended.fileKey);
});
