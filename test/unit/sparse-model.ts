import { open } from 'node:fs/promises';
import { expectedTensors } from '../../dist/model/architecture.js';
import type { Dimensions } from '../../dist/model/dimensions.js';
import { layoutOf, type Variant } from '../../dist/model/variant.js';

/** Tokens that the published files spell out, and the bytes they take with their lengths. */
const spelledTokens = 50_257;
const englishBytes = 521_859;
const multilingualBytes = 508_089;

/** Dimensions of a network, from what tells the published ones apart. */
export function dimensionsOf(
  vocabulary: number,
  state: number,
  layers: readonly [encoder: number, decoder: number],
  mels = 80,
): Dimensions {
  return {
    vocabulary,
    audioContext: 1500,
    audioState: state,
    audioHeads: state / 64,
    audioLayers: layers[0],
    textContext: 448,
    textState: state,
    textHeads: state / 64,
    textLayers: layers[1],
    mels,
  };
}

/** Writes a ggml file of the real size with a true header and holes in the place of weights. Returns its size. */
export async function writeSparseModel(
  path: string,
  dimensions: Dimensions,
  variant: Variant,
  oddities: { readonly layoutVersion?: number; readonly vocabularyText?: Buffer } = {},
): Promise<number> {
  const { layoutVersion = layoutOf(variant).layoutVersions.at(-1) ?? 0, vocabularyText = publishedText(dimensions) } =
    oddities;
  const { vocabulary, audioContext, audioState, audioHeads, audioLayers, mels } = dimensions;
  const { textContext, textState, textHeads, textLayers } = dimensions;
  const file = await open(path, 'w');
  try {
    let position = 0;
    const write = async (bytes: Buffer, holeBytes: number) => {
      await file.write(bytes, 0, bytes.length, position);
      position += bytes.length + holeBytes;
    };
    const encoder = [vocabulary, audioContext, audioState, audioHeads, audioLayers];
    const decoder = [textContext, textState, textHeads, textLayers, mels];
    const ftype = layoutVersion * 1000 + layoutOf(variant).fileTypeId;
    await write(integers(0x67_67_6d_6c, ...encoder, ...decoder, ftype, mels, 201), 4 * 201 * mels);
    await write(vocabularyText, 0);
    for (const { name, shape, sizeBytes, variant: stored } of expectedTensors(dimensions, variant).values()) {
      const header = integers(shape.length, name.length, layoutOf(stored).typeId, ...shape);
      await write(Buffer.concat([header, Buffer.from(name)]), sizeBytes);
    }
    await file.truncate(position);
    return position;
  } finally {
    await file.close();
  }
}

/** A vocabulary of as many tokens and bytes as the published one. */
function publishedText({ vocabulary }: Dimensions): Buffer {
  const bytes = vocabulary === 51_864 ? englishBytes : multilingualBytes;
  const letters = bytes - 4 - 4 * spelledTokens;
  const longer = letters % spelledTokens;
  const length = Math.floor(letters / spelledTokens);
  return vocabularyOf([
    ...Array<number>(longer).fill(length + 1),
    ...Array<number>(spelledTokens - longer).fill(length),
  ]);
}

/** The vocabulary section of a file whose tokens have these lengths. */
export function vocabularyOf(lengths: readonly number[]): Buffer {
  const text = Buffer.alloc(4 + lengths.reduce((sum, length) => sum + 4 + length, 0));
  let position = text.writeInt32LE(lengths.length);
  for (const length of lengths) position = text.writeInt32LE(length, position) + length;
  return text;
}

function integers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeInt32LE(value, 4 * index);
  return bytes;
}
