import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expectedTensors } from '../../dist/model/architecture.js';
import { tensorSources } from '../../dist/model/conversion/ctranslate2-tensors.js';
import { readHalves } from '../../dist/model/conversion/half-float.js';
import type { Dimensions } from '../../dist/model/dimensions.js';
import { identifyFile } from '../../dist/model/file-identity.js';
import { readGgmlFile } from '../../dist/model/ggml-file.js';

/** The weights that come with the package. */
export const models = new URL('../../models/', import.meta.url).pathname;

/** Number and size of the types of CTranslate2. */
const types = { f32: [0, 4], i8: [1, 1], i16: [2, 2], i32: [3, 4], f16: [4, 2], bf16: [5, 2] } as const;

/** An array of a CTranslate2 file: slowest dimension first, no dimensions for a setting. */
export interface Variable {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: keyof typeof types;
  /** A hole where there is none. */
  readonly content?: Uint8Array;
  /** What the file says, when it is not the truth. */
  readonly saidTypeId?: number;
  readonly saidBytes?: number;
}

/** What is in the folder of a model, and what may be wrong with it. */
export interface ModelFolder {
  readonly variables: readonly Variable[];
  readonly aliases?: readonly (readonly [alias: string, name: string])[];
  readonly version?: number;
  readonly specification?: string;
  readonly revision?: number;
  readonly variableCount?: number;
  readonly aliasCount?: number;
  readonly trailing?: string;
  /** Beside model.bin. @defaultValue an empty configuration */
  readonly files?: Readonly<Record<string, string>>;
}

/** Every array of a network, in one type and without content, and two of the settings beside them. */
export function networkVariables(dimensions: Dimensions, type: Variable['type']): readonly Variable[] {
  const expected = expectedTensors(dimensions, 'f16');
  const variables = tensorSources(dimensions).map(({ tensor, variable, part }): [string, Variable] => {
    const [rows = 0, ...row] = (expected.get(tensor)?.shape ?? []).filter((dimension) => dimension > 1).reverse();
    return [variable, { name: variable, shape: [rows * part[1], ...row], type }];
  });
  const settings: Variable[] = ['decoder/num_heads', 'encoder/num_heads'].map((name) => ({
    name,
    shape: [],
    type: 'i16',
  }));
  return [...new Map(variables).values(), ...settings];
}

/** Writes a folder as faster-whisper uses it. */
export async function writeModelFolder(folder: string, model: ModelFolder): Promise<void> {
  const { aliases = [['decoder/projection/weight', 'decoder/embeddings/weight']], variables } = model;
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries({ 'config.json': '{}', ...model.files })) {
    await writeFile(join(folder, name), text);
  }
  const file = await open(join(folder, 'model.bin'), 'w');
  try {
    let position = 0;
    const write = async (bytes: Uint8Array, holeBytes = 0) => {
      await file.write(bytes, 0, bytes.length, position);
      position += bytes.length + holeBytes;
    };
    await write(uint32(model.version ?? 6));
    await write(Buffer.concat([nameBytes(model.specification ?? 'WhisperSpec'), uint32(model.revision ?? 3)]));
    await write(uint32(model.variableCount ?? variables.length));
    for (const { content, name, saidBytes, saidTypeId, shape, type } of variables) {
      const [typeId, bytes] = types[type];
      const sizeBytes = shape.reduce((product, dimension) => product * dimension, bytes);
      const header = [nameBytes(name), Buffer.of(shape.length), ...shape.map(uint32), Buffer.of(saidTypeId ?? typeId)];
      await write(Buffer.concat([...header, uint32(saidBytes ?? sizeBytes)]), content ? 0 : sizeBytes);
      if (content) await write(content);
    }
    await write(uint32(model.aliasCount ?? aliases.length));
    for (const [alias, name] of aliases) await write(Buffer.concat([nameBytes(alias), nameBytes(name)]));
    await write(Buffer.from(model.trailing ?? ''));
    await file.truncate(position);
  } finally {
    await file.close();
  }
}

/** Bytes of an embedded model's vocabulary section, and its tokens. */
export async function embeddedVocabulary(fileName: string): Promise<{ section: Buffer; tokens: readonly Buffer[] }> {
  const path = join(models, fileName);
  const { tensors, vocabularyOffsetBytes } = await readGgmlFile(await identifyFile(path));
  const section = (await readFile(path)).subarray(vocabularyOffsetBytes, tensors[0]?.headerOffsetBytes);
  const tokens: Buffer[] = [];
  for (let position = 4; position < section.length; ) {
    const length = section.readInt32LE(position);
    tokens.push(section.subarray(position + 4, position + 4 + length));
    position += 4 + length;
  }
  return { section, tokens };
}

/** All tokens of a model as GPT-2 writes them: spaces are `Ġ`. */
export function spelledVocabulary(tokens: readonly Buffer[], size: number): readonly string[] {
  const text = tokens.map((token) => Array.from(token, (byte) => letters[byte]).join(''));
  const special = ['<|endoftext|>', '<|startoftranscript|>'].filter((token) => !text.includes(token));
  const all = [...text, ...special];
  return [...all, ...Array.from({ length: size - all.length }, (_, index) => `<|${index}|>`)];
}

/** The weights of the embedded tiny.en by the names of its tensors. */
export async function embeddedWeights(): Promise<ReadonlyMap<string, Float32Array>> {
  const path = join(models, 'ggml-tiny.en-q8_0.bin');
  const { tensors } = await readGgmlFile(await identifyFile(path));
  const file = await readFile(path);
  return new Map(
    tensors.map(({ name, offsetBytes, sizeBytes, variant }) => {
      const bytes = Uint8Array.from(file.subarray(offsetBytes, offsetBytes + sizeBytes));
      if (variant === 'f32') return [name, new Float32Array(bytes.buffer)];
      if (variant === 'f16') return [name, halves(new Uint16Array(bytes.buffer))];
      return [name, dequantised(bytes)];
    }),
  );
}

/** Blocks of q8_0: a scale in f16 and 32 quants. */
export function dequantised(bytes: Uint8Array): Float32Array {
  const blocks = bytes.length / 34;
  const values = new Float32Array(blocks * 32);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scales = new Uint16Array(blocks);
  for (let block = 0; block < blocks; block += 1) scales[block] = view.getUint16(block * 34, true);
  const scaleValues = halves(scales);
  for (let index = 0; index < values.length; index += 1) {
    const block = index >> 5;
    values[index] = (scaleValues[block] ?? 0) * view.getInt8(block * 34 + 2 + (index & 31));
  }
  return values;
}

function halves(stored: Uint16Array): Float32Array {
  const values = new Float32Array(stored.length);
  readHalves(stored, values);
  return values;
}

function nameBytes(name: string): Buffer {
  const text = Buffer.from(`${name}\0`, 'latin1');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(text.length);
  return Buffer.concat([length, text]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** The 68 bytes that cannot be seen are written as the letters from U+0100 on. */
const invisible = [...range(0, 0x20), ...range(0x7f, 0xa0), 0xad];
const letters = range(0, 0xff).map((byte) => {
  const index = invisible.indexOf(byte);
  return String.fromCodePoint(index < 0 ? byte : 0x1_00 + index);
});

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
