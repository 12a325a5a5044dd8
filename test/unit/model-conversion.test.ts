import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEngine } from '../../dist/index.js';
import { publishedFile } from '../../dist/model/catalog.js';
import type { ConversionProgress } from '../../dist/model/conversion/conversion.js';
import { tensorSources } from '../../dist/model/conversion/ctranslate2-tensors.js';
import { readHalves } from '../../dist/model/conversion/half-float.js';
import { importModel } from '../../dist/model/conversion/import-model.js';
import { melFilters } from '../../dist/model/conversion/mel-filters.js';
import { quantizeModel } from '../../dist/model/conversion/quantize-model.js';
import { readVocabulary } from '../../dist/model/conversion/whisper-vocabulary.js';
import { identifyFile } from '../../dist/model/file-identity.js';
import { readGgmlFile } from '../../dist/model/ggml-file.js';
import { loadAddon } from '../../dist/provider/addon.js';
import {
  dequantised,
  embeddedVocabulary,
  embeddedWeights,
  models,
  networkVariables,
  spelledVocabulary,
  type Variable,
  writeModelFolder,
} from './ctranslate2-model.js';
import { dimensionsOf, writeSparseModel } from './sparse-model.js';

const root = await mkdtemp(join(tmpdir(), 'model-conversion-'));
afterAll(() => rm(root, { recursive: true }));

const embeddedTiny = join(models, 'ggml-tiny.en-q8_0.bin');
const jfkSays = 'ask not what your country can do for you';
const recording = new URL('../fixtures/jfk.wav', import.meta.url).pathname;
const dimensions = dimensionsOf(51_864, 384, [4, 4]);
const addon = loadAddon();

async function folderOf(name: string): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder, { recursive: true });
  return folder;
}

/** What the engine hears in jfk.wav with a model. */
async function heardWith(model: string): Promise<string> {
  const engine = await createEngine({ model, slots: 1, threadsPerSlot: 2 });
  try {
    return (await engine.transcribe(recording)).text;
  } finally {
    await engine.close();
  }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('half-precision numbers are read as they are meant', () => {
  const cases: readonly (readonly [bits: number, value: number])[] = [
    [0x00_00, 0],
    [0x80_00, -0],
    [0x00_01, 2 ** -24],
    [0x83_ff, -1023 * 2 ** -24],
    [0x04_00, 2 ** -14],
    [0x3c_00, 1],
    [0x35_55, 0.333_251_953_125],
    [0xc2_48, -3.140_625],
    [0x7b_ff, 65_504],
    [0x7c_00, Infinity],
    [0xfc_00, -Infinity],
    [0x7e_00, Number.NaN],
  ];
  const values = new Float32Array(cases.length);
  readHalves(
    Uint16Array.from(cases, ([bits]) => bits),
    values,
  );
  expect([...values]).toEqual(cases.map(([, value]) => value));
});

test('half-precision numbers are those that ggml writes', () => {
  const finite = Uint16Array.from({ length: 65_536 }, (_, bits) => bits).filter((bits) => (bits & 0x7c_00) !== 0x7c_00);
  const values = new Float32Array(finite.length);
  readHalves(finite, values);
  const written = addon.quantizeRows('f16', values, values.length);
  expect(new Uint16Array(written.buffer)).toEqual(finite);
});

describe('mel filters', () => {
  test.each(['ggml-tiny.en-q8_0.bin', 'ggml-base-q8_0.bin'])('are the ones in %s', async (fileName) => {
    const path = join(models, fileName);
    const { melFiltersOffsetBytes } = await readGgmlFile(await identifyFile(path));
    const bytes = (await readFile(path)).subarray(melFiltersOffsetBytes + 8, melFiltersOffsetBytes + 8 + 4 * 80 * 201);
    // Its first value is −0, where the published files have 0.
    const found = new Float32Array(Uint8Array.from(bytes).buffer).map((value) => value + 0);
    expect(melFilters(80)).toEqual(found);
  });

  test('of 128 bands are, to the bit, the ones in mel_filters.npz of openai-whisper 20250625', () => {
    const { buffer } = melFilters(128);
    expect(sha256(new Uint8Array(buffer))).toBe('2a5f9822897750e047c85dea37cc268d3be0ecfd23c28a5f10da129d99d05afe');
  });
});

describe('the vocabulary', () => {
  const embedded = [
    { fileName: 'ggml-tiny.en-q8_0.bin', network: dimensions },
    { fileName: 'ggml-base-q8_0.bin', network: dimensionsOf(51_865, 512, [6, 6]) },
  ];

  describe.each(embedded)('of $fileName', ({ fileName, network }) => {
    const forms: readonly [name: string, text: (words: readonly string[]) => string][] = [
      ['vocabulary.txt', (words) => words.map((word) => `${word}\n`).join('')],
      ['vocabulary.json', (words) => JSON.stringify(words)],
      [
        'tokenizer.json',
        (words) => {
          const numbered = words.slice(0, 50_364).map((word, index) => [word, index] as const);
          const special = numbered.filter(([word]) => /^<\|.*\|>$/.test(word));
          const vocab = Object.fromEntries(numbered.filter((token) => !special.includes(token)));
          return JSON.stringify({ model: { vocab }, added_tokens: special.map(([content, id]) => ({ id, content })) });
        },
      ],
    ];

    test.each(forms)('is the same from %s', async (name, text) => {
      const { section, tokens } = await embeddedVocabulary(fileName);
      const folder = await folderOf(`${fileName}-${name}`);
      await writeFile(join(folder, name), text(spelledVocabulary(tokens, network.vocabulary)));
      expect((await readVocabulary(folder, network)).equals(section)).toBe(true);
    });
  });
});

describe('an imported model', () => {
  const sources = tensorSources(dimensions);
  let weights: ReadonlyMap<string, Float32Array>;
  let files: Readonly<Record<string, string>>;
  beforeAll(async () => {
    weights = await embeddedWeights();
    const { tokens } = await embeddedVocabulary('ggml-tiny.en-q8_0.bin');
    const words = spelledVocabulary(tokens, dimensions.vocabulary);
    files = { 'vocabulary.txt': words.map((word) => `${word}\n`).join('') };
  });

  /** The embedded weights as CTranslate2 stores them, and what they are from then on. Keys get a bias, too. */
  function storedWeights(format: StoredFormat) {
    const values = new Map<string, Float32Array>();
    const variables = networkVariables(dimensions, 'f32').flatMap((variable): readonly Variable[] => {
      const parts = sources.filter((source) => source.variable === variable.name);
      if (parts.length === 0) return [variable];
      const whole = new Float32Array(sizeOf(variable)).fill(0.25);
      const partOf = (array: Float32Array, [index, of]: readonly [number, number]) =>
        array.subarray((index * array.length) / of, ((index + 1) * array.length) / of);
      for (const { part, tensor } of parts) partOf(whole, part).set(weights.get(tensor) ?? []);
      const stored = store(variable, whole, format);
      for (const { part, tensor } of parts) values.set(tensor, partOf(stored.values, part));
      return stored.variables;
    });
    return { values, variables };
  }

  test.each<StoredFormat>(['f32', 'f16', 'bf16', 'i8'])('has each weight of its %s source', async (format) => {
    const folder = await folderOf(`faster-whisper-${format}`);
    const { values, variables } = storedWeights(format);
    await writeModelFolder(folder, { variables, files });
    const into = await folderOf(`into-${format}`);
    const imported = await importModel(folder, { into, name: 'copy' });
    expect(imported).toMatchObject({ name: 'copy', variant: 'f16', path: join(into, 'ggml-copy.bin') });

    const file = await readFile(imported.path);
    expect(imported).toMatchObject({ sizeBytes: file.length, sha256: sha256(file) });
    const { tensors } = await readGgmlFile(await identifyFile(imported.path));
    expect(tensors.map(({ name }) => name)).toEqual([...weights.keys()]);
    for (const { name, offsetBytes, sizeBytes, variant } of tensors) {
      const expected = values.get(name) ?? new Float32Array();
      const bytes = variant === 'f32' ? bytesOf(expected) : addon.quantizeRows('f16', expected, 1);
      expect(file.subarray(offsetBytes, offsetBytes + sizeBytes).equals(bytes), name).toBe(true);
    }
  });

  test('is found in the cache of a hub, where its files are links', async () => {
    const cache = await folderOf('models--Systran--faster-whisper-tiny.en');
    const snapshot = join(cache, 'snapshots', '0d3d19a32d3338f10357c0889762bd8d64bbdeba');
    await mkdir(snapshot, { recursive: true });
    await mkdir(join(cache, 'refs'));
    await writeFile(join(cache, 'refs', 'main'), basename(snapshot));
    await writeModelFolder(join(cache, 'blobs'), { variables: networkVariables(dimensions, 'f16'), files });
    for (const name of ['model.bin', 'config.json', 'vocabulary.txt']) {
      await symlink(join('..', '..', 'blobs', name), join(snapshot, name));
    }
    const into = await folderOf('into-from-hub');
    expect(await importModel(cache, { into, name: 'zeros' })).toMatchObject({ sizeBytes: 77_704_715 });
  });

  test('may have lost layers of its decoder, and is named after its teacher', async () => {
    const folder = await folderOf('distilled');
    const distilled = dimensionsOf(51_864, 384, [4, 2]);
    await writeModelFolder(folder, { variables: networkVariables(distilled, 'f16'), files });
    const into = await folderOf('into-distilled');
    const { name, path } = await importModel(folder, { into });
    expect(name).toBe('distil-tiny.en');
    expect(await readGgmlFile(await identifyFile(path))).toMatchObject({ dimensions: distilled, variant: 'f16' });
  });

  describe('when it is quantised to q8_0, where it came from', () => {
    const into = join(root, 'into-f16');

    test('has the weights it had, within a step', async () => {
      const { path } = await quantizeModel(join(into, 'ggml-copy.bin'), 'q8_0');
      expect(path).toBe(join(into, 'ggml-copy-q8_0.bin'));
      const [again, before] = await Promise.all([matrices(path), matrices(embeddedTiny)]);
      expect([...again.keys()]).toEqual([...before.keys()]);
      let changed = 0;
      for (const [name, bytes] of again) {
        const expected = before.get(name) ?? new Uint8Array();
        changed += valuesBeyondOneStep(bytes, expected);
      }
      expect(changed).toBe(0);
    });

    test('hears what was said', async () => {
      expect(await heardWith(join(into, 'ggml-copy-q8_0.bin'))).toContain(jfkSays);
    });
  });
});

describe('quantising', () => {
  const variants = [
    ['q8_0', 43_550_795, 2007],
    ['q5_1', 32_166_155, 1009],
    ['q5_0', 29_889_227, 1008],
    ['q4_1', 27_612_299, 2003],
    ['q4_0', 25_335_371, 2002],
  ] as const;
  let folder: string;
  let source: string;
  beforeAll(async () => {
    folder = await folderOf('quantising');
    source = join(folder, 'ggml-zeros.bin');
    await writeSparseModel(source, dimensions, 'f16');
  });

  test.each(variants)('to %s makes a file of %i bytes beside its source', async (variant, sizeBytes, fileType) => {
    const made = await quantizeModel(source, variant);
    const path = join(folder, `ggml-zeros-${variant}.bin`);
    const file = await readFile(path);
    expect(made).toEqual({ name: 'zeros', variant, path, sizeBytes, sha256: sha256(file) });
    expect(file.readInt32LE(44)).toBe(fileType);
    const found = await readGgmlFile(await identifyFile(path));
    expect(found).toMatchObject({ dimensions, variant });
    const [before, after] = await Promise.all([frontEnd(source), frontEnd(path)]);
    expect(after.equals(before)).toBe(true);
  });

  test('takes f32, and keeps the name that a file has', async () => {
    const path = join(folder, 'mine-f32.bin');
    await writeSparseModel(path, dimensions, 'f32');
    expect(await quantizeModel(path, 'q4_0')).toMatchObject({ path: join(folder, 'ggml-mine-q4_0.bin') });
  });

  test('says how far it is, and lets the event loop turn for every slice', async () => {
    const steps: ConversionProgress[] = [];
    let turns = 0;
    let state: 'running' | 'ended' = 'running';
    const turn = (): void => {
      turns += 1;
      if (state === 'running') setImmediate(turn);
    };
    turn();
    const { sizeBytes } = await quantizeModel(source, 'q8_0', {
      name: 'watched',
      onProgress: (progress) => steps.push(progress),
    });
    state = 'ended';
    const done = steps.map(({ doneBytes }) => doneBytes);
    expect(done).toEqual(done.toSorted((left, right) => left - right));
    expect(new Set(steps.map(({ totalBytes }) => totalBytes))).toEqual(new Set([sizeBytes]));
    expect(steps.at(0)).toMatchObject({ step: 'converting', doneBytes: 0 });
    expect(steps.at(-1)).toEqual({ step: 'verifying', doneBytes: sizeBytes, totalBytes: sizeBytes });
    expect(Math.max(...done.slice(1).map((bytes, index) => bytes - (done[index] ?? 0)))).toBeLessThan(600_000);
    expect(turns).toBeGreaterThan(steps.length);
  });
});

const fasterWhisper = new URL('../../../shared/data/models/faster-whisper-tiny.en', import.meta.url).pathname;
describe.skipIf(!existsSync(fasterWhisper))('tiny.en of faster-whisper (needs ../shared/data)', () => {
  let into: string;
  beforeAll(async () => {
    into = await folderOf('into-tiny.en');
    await importModel(fasterWhisper, { into });
  });

  test('becomes the very file that whisper.cpp publishes', async () => {
    const file = await readFile(join(into, 'ggml-tiny.en.bin'));
    expect(sha256(file)).toBe(publishedFile('tiny.en', 'f16')?.sha256);
  });

  test('hears what was said', async () => {
    expect(await heardWith(join(into, 'ggml-tiny.en.bin'))).toContain(jfkSays);
  });

  test.each(['q8_0', 'q5_1'] as const)('quantised to %s becomes the published one, too', async (variant) => {
    const made = await quantizeModel(join(into, 'ggml-tiny.en.bin'), variant);
    expect(made.sha256).toBe(publishedFile('tiny.en', variant)?.sha256);
  });

  test('in q8_0 is the embedded file but for the sign of a zero in its mel filters', async () => {
    const [made, embedded] = await Promise.all([readFile(join(into, 'ggml-tiny.en-q8_0.bin')), readFile(embeddedTiny)]);
    const { melFiltersOffsetBytes } = await readGgmlFile(await identifyFile(embeddedTiny));
    expect(embedded.readFloatLE(melFiltersOffsetBytes + 8)).toBe(-0);
    made.writeFloatLE(-0, melFiltersOffsetBytes + 8);
    expect(made.equals(embedded)).toBe(true);
  });
});

type StoredFormat = 'f32' | 'f16' | 'bf16' | 'i8';

/** Stores values as CTranslate2 does: in eight bits only matrices, a scale for each row. */
function store(variable: Variable, values: Float32Array, format: StoredFormat) {
  const stored = (type: Variable['type'], content: Uint8Array, read: Float32Array, ...others: readonly Variable[]) => ({
    variables: [{ ...variable, type, content }, ...others],
    values: read,
  });
  const isMatrix = variable.shape.length === 2 && variable.name.endsWith('weight');
  if (format === 'f32' || (format === 'i8' && !isMatrix)) return stored('f32', bytesOf(values), values);
  if (format === 'f16') return stored('f16', addon.quantizeRows('f16', values, 1), values);
  // By index: `from` and `map` of a million numbers take seconds.
  const read = new Float32Array(values.length);
  if (format === 'bf16') {
    const upper = new Uint16Array(values.buffer);
    const halves = new Uint16Array(values.length);
    for (let index = 0; index < halves.length; index += 1) halves[index] = upper[2 * index + 1] ?? 0;
    const words = new Uint32Array(read.buffer);
    for (let index = 0; index < words.length; index += 1) words[index] = (halves[index] ?? 0) << 16;
    return stored('bf16', bytesOf(halves), read);
  }
  const [rows = 0, rowElements = 0] = variable.shape;
  const scales = new Float32Array(rows);
  const quants = new Int8Array(values.length);
  for (let row = 0; row < rows; row += 1) {
    const first = row * rowElements;
    scales[row] = 127 / largestOf(values.subarray(first, first + rowElements));
    const scale = scales[row] ?? 0;
    for (let index = first; index < first + rowElements; index += 1) {
      quants[index] = Math.round((values[index] ?? 0) * scale);
      read[index] = (quants[index] ?? 0) / scale;
    }
  }
  const scale = { name: `${variable.name}_scale`, shape: [rows], type: 'f32', content: bytesOf(scales) } as const;
  return stored('i8', bytesOf(quants), read, scale);
}

function largestOf(values: Float32Array): number {
  let largest = 2 ** -20;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function sizeOf({ shape }: Variable): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Mel filters and vocabulary. */
async function frontEnd(path: string): Promise<Buffer> {
  const { melFiltersOffsetBytes, tensors } = await readGgmlFile(await identifyFile(path));
  return (await readFile(path)).subarray(melFiltersOffsetBytes, tensors[0]?.headerOffsetBytes);
}

/** The bytes of the quantised tensors of a file. */
async function matrices(path: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const file = await readFile(path);
  const { tensors } = await readGgmlFile(await identifyFile(path));
  const quantised = tensors.filter(({ variant }) => variant === 'q8_0');
  return new Map(
    quantised.map(({ name, offsetBytes, sizeBytes }) => [
      name,
      Uint8Array.from(file.subarray(offsetBytes, offsetBytes + sizeBytes)),
    ]),
  );
}

/** How many values of two q8_0 tensors are further apart than a step of their block. */
function valuesBeyondOneStep(left: Uint8Array, right: Uint8Array): number {
  const [found, expected] = [dequantised(left), dequantised(right)];
  let beyond = 0;
  for (let first = 0; first < expected.length; first += 32) {
    const step = largestOf(expected.subarray(first, first + 32)) / 127;
    for (let index = first; index < first + 32; index += 1) {
      if (Math.abs((expected[index] ?? 0) - (found[index] ?? 0)) > step) beyond += 1;
    }
  }
  return beyond;
}
