import { truncateSync, writeFileSync } from 'node:fs';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  statfs,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { importModel } from '../../dist/model/conversion/import-model.js';
import { writeNewFile } from '../../dist/model/conversion/new-file.js';
import { quantizeModel } from '../../dist/model/conversion/quantize-model.js';
import {
  embeddedVocabulary,
  type ModelFolder,
  models,
  networkVariables,
  spelledVocabulary,
  type Variable,
  writeModelFolder,
} from '../unit/ctranslate2-model.js';
import { dimensionsOf, writeSparseModel } from '../unit/sparse-model.js';

const root = await mkdtemp(join(tmpdir(), 'model-import-'));
afterAll(() => rm(root, { recursive: true }));

const dimensions = dimensionsOf(51_864, 384, [4, 4]);
const { tokens } = await embeddedVocabulary('ggml-tiny.en-q8_0.bin');
const words = spelledVocabulary(tokens, dimensions.vocabulary);
const files = { 'vocabulary.txt': words.map((word) => `${word}\n`).join('') };
/** tiny.en with nothing but zeros for weights. */
const whole: ModelFolder = { variables: networkVariables(dimensions, 'f16'), files };

const procIsFull = await statfs('/proc').then(
  ({ bavail }) => bavail === 0,
  () => false,
);

let folder: string;
let into: string;
let count = 0;
beforeEach(async () => {
  count += 1;
  folder = join(root, String(count));
  into = join(folder, 'into');
  await mkdir(into, { recursive: true });
});

const importing = (options: Partial<Parameters<typeof importModel>[1]> = {}) =>
  importModel(folder, { into, name: 'zeros', ...options });

/** The refusal's message. Nothing of the file may be left. */
async function refusal(code: string, running: Promise<unknown>): Promise<string> {
  const error: unknown = await running.then(
    () => 'nothing was refused',
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: 'EngineError', code });
  expect(await readdir(into)).toEqual([]);
  return (error as Error).message;
}

const without = (name: string) => whole.variables.filter((variable) => variable.name !== name);
const changed = (name: string, change: Partial<Variable>): ModelFolder => ({
  ...whole,
  variables: whole.variables.map((variable) => (variable.name === name ? { ...variable, ...change } : variable)),
});
const added = (variable: Variable): ModelFolder => ({ ...whole, variables: [...whole.variables, variable] });

describe('a model.bin that is not as it should be', () => {
  const query = 'decoder/layer_2/attention/linear_0/weight';
  const fused = 'encoder/layer_3/self_attention/linear_0/weight';
  const bias = 'encoder/conv1/bias';
  const nan = Buffer.alloc(768);
  nan.writeUInt16LE(0x7e_00, 100);
  const infinite = Buffer.alloc(768);
  infinite.writeUInt16LE(0xfc_00, 766);

  const cases: readonly [what: string, model: ModelFolder, code: string, says: string][] = [
    ['of an older version', { ...whole, version: 5 }, 'MODEL_UNSUPPORTED', 'says 5'],
    ['of a newer version', { ...whole, version: 7 }, 'MODEL_UNSUPPORTED', 'says 7'],
    ['of a newer revision', { ...whole, revision: 4 }, 'MODEL_UNSUPPORTED', 'revision 4'],
    ['of another network', { ...whole, specification: 'TransformerSpec' }, 'MODEL_UNSUPPORTED', 'TransformerSpec'],
    ['without a name', { ...whole, specification: '' }, 'MODEL_CORRUPT', 'is no name'],
    [
      'with a name of 60,000 letters',
      added({ name: 'x'.repeat(60_000), shape: [], type: 'f32' }),
      'MODEL_CORRUPT',
      '60001',
    ],
    ['with four thousand million tensors', { ...whole, variableCount: 2 ** 32 - 1 }, 'MODEL_CORRUPT', '4294967295'],
    ['with four thousand million aliases', { ...whole, aliasCount: 2 ** 32 - 1 }, 'MODEL_CORRUPT', '4294967295'],
    [
      'with fewer tensors than it says',
      { ...whole, variableCount: whole.variables.length + 1 },
      'MODEL_CORRUPT',
      'is no name',
    ],
    ['with bytes after its end', { ...whole, trailing: 'more' }, 'MODEL_CORRUPT', '4 bytes follow'],
    ['without a tensor', { ...whole, variables: without(query) }, 'MODEL_CORRUPT', query],
    [
      'without the embeddings',
      { ...whole, variables: without('decoder/embeddings/weight'), aliases: [] },
      'MODEL_CORRUPT',
      'embeddings',
    ],
    ['without any tensor', { ...whole, variables: [], aliases: [] }, 'MODEL_CORRUPT', 'missing'],
    [
      'with an alias of nothing',
      { ...whole, aliases: [['a', 'b']] },
      'MODEL_CORRUPT',
      'the tensor b, which is missing',
    ],
    ['with an alias of a name that is taken', { ...whole, aliases: [[query, fused]] }, 'MODEL_CORRUPT', 'twice'],
    [
      'with a tensor twice',
      { ...whole, variables: [...whole.variables, ...whole.variables.slice(0, 1)] },
      'MODEL_CORRUPT',
      'twice',
    ],
    [
      'with a tensor too many',
      added({ name: 'decoder/odd/weight', shape: [2], type: 'f32' }),
      'MODEL_UNSUPPORTED',
      'decoder/odd/weight',
    ],
    [
      'with an output of its own',
      { ...added({ name: 'decoder/projection/weight', shape: [51_864, 384], type: 'f16' }), aliases: [] },
      'MODEL_UNSUPPORTED',
      'decoder/projection/weight',
    ],
    [
      'with a layer too many',
      added({ name: 'encoder/layer_4/layer_norm/beta', shape: [384], type: 'f16' }),
      'MODEL_CORRUPT',
      'n_audio_layer = 5',
    ],
    ['with a tensor turned round', changed('encoder/conv1/weight', { shape: [384, 3, 80] }), 'MODEL_CORRUPT', '3'],
    ['with a row less', changed(fused, { shape: [1151, 384] }), 'MODEL_CORRUPT', `${fused} has the shape 1151×384`],
    ['with a tensor of nothing', changed(bias, { shape: [0] }), 'MODEL_CORRUPT', bias],
    ['with a tensor of four dimensions', changed(bias, { shape: [384, 1, 1, 1] }), 'MODEL_CORRUPT', '4 dimensions'],
    ['with more bytes than its shape has', changed(bias, { saidBytes: 770 }), 'MODEL_CORRUPT', '384 × f16 is 768'],
    ['with a tensor of 4 GB', changed(bias, { saidBytes: 2 ** 32 - 1 }), 'MODEL_CORRUPT', '4294967295 bytes'],
    ['with numbers of no type', changed(bias, { saidTypeId: 6 }), 'MODEL_CORRUPT', 'does not exist (6)'],
    ['with whole numbers of 16 bits', changed(query, { type: 'i16' }), 'MODEL_UNSUPPORTED', 'i16'],
    ['with eight bits and no scale', changed(query, { type: 'i8' }), 'MODEL_CORRUPT', `${query}_scale`],
    ['with a value that is no number', changed(bias, { content: nan }), 'MODEL_CORRUPT', bias],
    ['with an infinite value', changed(bias, { content: infinite }), 'MODEL_CORRUPT', bias],
    [
      'with a value that f16 cannot hold',
      changed(bias, { type: 'f32', content: new Uint8Array(new Float32Array(384).fill(65_505).buffer) }),
      'MODEL_CORRUPT',
      bias,
    ],
    [
      'with a scale of zero',
      {
        ...changed(query, { type: 'i8' }),
        variables: [...changed(query, { type: 'i8' }).variables, { name: `${query}_scale`, shape: [384], type: 'f32' }],
      },
      'MODEL_CORRUPT',
      query,
    ],
  ];

  test.each(cases)('%s is refused', async (_what, model, code, says) => {
    await writeModelFolder(folder, model);
    expect(await refusal(code, importing())).toContain(says);
  });

  test('is refused as truncated wherever it ends', async () => {
    await writeModelFolder(folder, whole);
    const path = join(folder, 'model.bin');
    const { size } = await stat(path);
    for (const end of [size - 1, size - 60, size - 3000, Math.floor(size / 2), 2000, 60, 24, 23, 17, 6, 4, 3, 0]) {
      await truncate(path, end);
      expect(await refusal('MODEL_TRUNCATED', importing()), `at ${end}`).toContain('truncated');
    }
  });

  test('is refused as a ggml file is', async () => {
    await writeModelFolder(folder, whole);
    await rm(join(folder, 'model.bin'));
    await symlink(join(models, 'ggml-base-q8_0.bin'), join(folder, 'model.bin'));
    await refusal('MODEL_UNSUPPORTED', importing());
  });

  test('that grows while it is read is refused', async () => {
    await writeModelFolder(folder, whole);
    const path = join(folder, 'model.bin');
    const { size } = await stat(path);
    const grow = ({ doneBytes }: { doneBytes: number }) => {
      if (doneBytes === 0) truncateSync(path, size + 1);
    };
    expect(await refusal('MODEL_CORRUPT', importing({ onProgress: grow }))).toContain(
      'changed while it was being read',
    );
  });

  test('that becomes shorter while it is read is refused', async () => {
    await writeModelFolder(folder, whole);
    const shorten = ({ doneBytes }: { doneBytes: number }) => {
      if (doneBytes === 0) truncateSync(join(folder, 'model.bin'), 1_000_000);
    };
    expect(await refusal('MODEL_TRUNCATED', importing({ onProgress: shorten }))).toContain('became shorter');
  });
});

describe('a folder that is not as it should be', () => {
  const vocabulary = (text: string): ModelFolder => ({ ...whole, files: { 'vocabulary.txt': text } });
  const lines = (list: readonly string[]): string => list.map((word) => `${word}\n`).join('');
  const json = (value: unknown): ModelFolder => ({ ...whole, files: { 'vocabulary.json': JSON.stringify(value) } });
  const tokenizer = (value: unknown): ModelFolder => ({ ...whole, files: { 'tokenizer.json': JSON.stringify(value) } });
  const preprocessor = (value: unknown): ModelFolder => ({
    ...whole,
    files: { ...files, 'preprocessor_config.json': JSON.stringify(value) },
  });

  const cases: readonly [what: string, model: ModelFolder, code: string, says: string][] = [
    ['without a vocabulary', { ...whole, files: {} }, 'MODEL_MISSING', 'tokenizer.json'],
    ['with half a vocabulary', vocabulary(lines(words.slice(0, 25_000))), 'MODEL_TRUNCATED', '25000 of 51864 tokens'],
    ['with all of a vocabulary but a line', vocabulary(lines(words.slice(0, -1))), 'MODEL_TRUNCATED', '51863 of 51864'],
    ['with an empty vocabulary', vocabulary(''), 'MODEL_TRUNCATED', '1 of 51864'],
    ['with the vocabulary of another model', vocabulary(lines(['x', ...words])), 'MODEL_CORRUPT', '<|endoftext|>'],
    [
      'with a token that stands for no bytes',
      vocabulary(lines(words.with(7, '\u{3042}'))),
      'MODEL_CORRUPT',
      'its token 7 is',
    ],
    [
      'with a token of a thousand letters',
      vocabulary(lines(words.with(7, 'x'.repeat(1000)))),
      'MODEL_CORRUPT',
      'its token 7 has 1000',
    ],
    ['with a vocabulary of numbers', json([1, 2, 3]), 'MODEL_CORRUPT', 'no list of tokens'],
    [
      'with a vocabulary of half a file',
      { ...whole, files: { 'vocabulary.json': '["a", "b' } },
      'MODEL_CORRUPT',
      'not JSON',
    ],
    ['with a tokenizer of nothing', tokenizer({}), 'MODEL_TRUNCATED', '0 of'],
    ['with a tokenizer of odd things', tokenizer({ model: null, added_tokens: [null] }), 'MODEL_CORRUPT', 'the number'],
    [
      'with a token number beyond all bounds',
      tokenizer({ model: { vocab: { a: 2 ** 32 } } }),
      'MODEL_CORRUPT',
      '4294967296',
    ],
    [
      'with a token number left out',
      tokenizer({
        model: {
          vocab: Object.fromEntries(words.map((word, index) => [word, index]).filter(([, index]) => index !== 9)),
        },
      }),
      'MODEL_CORRUPT',
      'its token 9 is missing',
    ],
    [
      'with a configuration of half a file',
      { ...whole, files: { ...files, 'config.json': '{' } },
      'MODEL_CORRUPT',
      'config.json',
    ],
    [
      'that hears 8000 samples a second',
      preprocessor({ sampling_rate: 8000 }),
      'MODEL_UNSUPPORTED',
      'sampling_rate = 8000',
    ],
    [
      'that hears other mel bands than its network',
      preprocessor({ feature_size: 128 }),
      'MODEL_UNSUPPORTED',
      'feature_size',
    ],
  ];

  test.each(cases)('%s is refused', async (_what, model, code, says) => {
    await writeModelFolder(folder, model);
    expect(await refusal(code, importing())).toContain(says);
  });

  test.each(['model.bin', 'config.json'])('without %s is refused', async (name) => {
    await writeModelFolder(folder, whole);
    await rm(join(folder, name));
    expect(await refusal('MODEL_MISSING', importing())).toContain(`has no ${name}`);
  });

  test('that is a file, is not there or is empty is refused', async () => {
    await writeFile(join(folder, 'file'), '');
    for (const path of [join(folder, 'file'), join(folder, 'gone'), into]) {
      await refusal('MODEL_MISSING', importModel(path, { into }));
    }
  });

  test('whose model.bin is a link to a file that was cleaned away is refused', async () => {
    await writeModelFolder(folder, whole);
    await rm(join(folder, 'model.bin'));
    await symlink(join(folder, 'blobs'), join(folder, 'model.bin'));
    expect(await refusal('MODEL_MISSING', importing())).toContain('a file that does not exist');
  });

  test('whose model.bin is a folder is refused', async () => {
    await writeModelFolder(folder, whole);
    await rm(join(folder, 'model.bin'));
    await mkdir(join(folder, 'model.bin'));
    expect(await refusal('MODEL_MISSING', importing())).toContain('is a folder');
  });

  test('with a vocabulary too large to be one is refused unread', async () => {
    await writeModelFolder(folder, whole);
    await truncate(join(folder, 'vocabulary.txt'), 2 ** 40);
    expect(await refusal('MODEL_CORRUPT', importing())).toContain('1099511627776 bytes');
  });

  test.each([
    ['../../elsewhere', 'MODEL_CORRUPT'],
    ['', 'MODEL_CORRUPT'],
    ['5a1e', 'MODEL_MISSING'],
  ])('of a hub cache whose current revision is %j is refused', async (revision, code) => {
    await mkdir(join(folder, 'snapshots'));
    await mkdir(join(folder, 'refs'));
    await writeFile(join(folder, 'refs', 'main'), revision);
    await refusal(code, importing());
  });

  test('of a hub cache without a current revision is refused', async () => {
    await mkdir(join(folder, 'snapshots'));
    await refusal('MODEL_MISSING', importing());
  });
});

describe('a place that cannot be written to', () => {
  const sparse = join(root, 'sparse.bin');
  beforeAll(async () => {
    await writeSparseModel(sparse, dimensions, 'f16');
  });

  test('is refused when there is a file already, unless it may be overwritten', async () => {
    await writeFile(join(into, 'ggml-zeros-q4_0.bin'), 'precious');
    const quantising = (overwrite?: boolean) => quantizeModel(sparse, 'q4_0', { into, name: 'zeros', overwrite });
    await expect(quantising()).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    await expect(quantising()).rejects.toThrow('exists already');
    expect(await readFile(join(into, 'ggml-zeros-q4_0.bin'), 'utf8')).toBe('precious');
    const { path, sizeBytes } = await quantising(true);
    expect((await stat(path)).size).toBe(sizeBytes);
    expect(await readdir(into)).toEqual(['ggml-zeros-q4_0.bin']);
  });

  test('is refused when somebody else puts a file there meanwhile', async () => {
    const path = join(into, 'ggml-zeros-q4_0.bin');
    const intrude = ({ step }: { step: string }) => {
      if (step === 'verifying') writeFileSync(path, 'precious');
    };
    const quantising = quantizeModel(sparse, 'q4_0', { into, name: 'zeros', onProgress: intrude });
    await expect(quantising).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    expect(await readdir(into)).toEqual(['ggml-zeros-q4_0.bin']);
    expect(await readFile(path, 'utf8')).toBe('precious');
  });

  test('is refused when it is a folder, and the folder stays', async () => {
    await mkdir(join(into, 'ggml-zeros-q4_0.bin', 'inside'), { recursive: true });
    const quantising = quantizeModel(sparse, 'q4_0', { into, name: 'zeros', overwrite: true });
    await expect(quantising).rejects.toMatchObject({ code: 'MODEL_STORE_UNWRITABLE' });
    expect(await readdir(into)).toEqual(['ggml-zeros-q4_0.bin']);
    expect(await readdir(join(into, 'ggml-zeros-q4_0.bin'))).toEqual(['inside']);
  });

  test('is refused when its folder is not there or is a file', async () => {
    await writeFile(join(folder, 'file'), '');
    for (const place of ['gone', 'file']) {
      const quantising = quantizeModel(sparse, 'q4_0', { into: join(folder, place), name: 'zeros' });
      expect(await refusal('MODEL_STORE_UNWRITABLE', quantising)).toContain(join(folder, place));
    }
  });

  test.skipIf(process.getuid?.() === 0)('is refused when its folder is read-only (not as root)', async () => {
    await chmod(into, 0o500);
    await refusal('MODEL_STORE_UNWRITABLE', quantizeModel(sparse, 'q4_0', { into, name: 'zeros' }));
  });

  test.skipIf(!procIsFull)(
    'is refused before anything is written when there is no room (needs a full file system)',
    async () => {
      const quantising = quantizeModel(sparse, 'q4_0', { into: '/proc', name: 'zeros' });
      expect(await refusal('DISK_FULL', quantising)).toContain('0 bytes left');
    },
  );

  test('is refused when it fills up, and nothing stays', async () => {
    async function* chunks() {
      yield Buffer.alloc(1000);
      // No file system of a test's own can be filled without the rights of root.
      await Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC', syscall: 'write' }));
    }
    const path = join(into, 'model.bin');
    const writing = writeNewFile({ path, sizeBytes: 2000, overwrite: false }, chunks(), () => Promise.resolve());
    expect(await refusal('DISK_FULL', writing)).toContain('filled up');
  });

  test.each(['', '.', '..', '../zeros', 'a/b', 'a\\b', 'a\0b', '-rf', '.hidden', 'x'.repeat(101)])(
    'is refused when the name is %j',
    async (name) => {
      await refusal('OPTION_INVALID', quantizeModel(sparse, 'q4_0', { into, name }));
    },
  );

  test('is refused when other weights would get the name of published ones', async () => {
    await writeModelFolder(folder, whole);
    expect(await refusal('OPTION_INVALID', importing({ name: undefined }))).toContain('published as ggml-tiny.en.bin');
  });
});

describe('what cannot be quantised', () => {
  test('is a file that is quantised already', async () => {
    const quantising = quantizeModel(join(models, 'ggml-tiny.en-q8_0.bin'), 'q4_0', { into });
    expect(await refusal('MODEL_UNSUPPORTED', quantising)).toContain('take the f16 file');
  });

  test.each(['f16', 'f32', 'q4_k', 'int8', '', 'toString'])('is refused to be %j', async (variant) => {
    const path = join(models, 'ggml-tiny.en-q8_0.bin');
    expect(await refusal('OPTION_INVALID', quantizeModel(path, variant as 'q8_0', { into }))).toContain('q5_1');
  });

  test('is a file that is not there, is damaged, or is no model', async () => {
    await refusal('MODEL_MISSING', quantizeModel(join(folder, 'gone.bin'), 'q8_0', { into }));
    const damaged = join(folder, 'ggml-damaged.bin');
    const sizeBytes = await writeSparseModel(damaged, dimensions, 'f16');
    await truncate(damaged, sizeBytes - 1);
    await refusal('MODEL_TRUNCATED', quantizeModel(damaged, 'q8_0', { into }));
    await refusal('MODEL_UNSUPPORTED', quantizeModel(join(models, 'ggml-silero-v6.2.0.bin'), 'q8_0', { into }));
  });
});

describe('stopping', () => {
  const reason = new Error('enough');

  test.each([0, 0.5, 1])('after %d of the way leaves nothing', async (share) => {
    await writeModelFolder(folder, whole);
    const abort = new AbortController();
    let calledAgain = 0;
    const onProgress = ({ doneBytes, totalBytes }: { doneBytes: number; totalBytes: number }) => {
      if (abort.signal.aborted) calledAgain += 1;
      if (doneBytes >= share * totalBytes) abort.abort(reason);
    };
    const stopped = importing({ signal: abort.signal, onProgress });
    expect(await refusal('ABORTED', stopped)).toContain('abort');
    await expect(stopped).rejects.toHaveProperty('cause', reason);
    expect(calledAgain).toBe(0);
  });

  test('before the beginning does nothing', async () => {
    await writeModelFolder(folder, whole);
    await refusal('ABORTED', importing({ signal: AbortSignal.abort(reason) }));
  });

  test('by an error of the listener leaves nothing, and passes it on', async () => {
    await writeModelFolder(folder, whole);
    const own = Object.assign(new Error('own'), { code: 'ENOSPC' });
    const onProgress = () => {
      throw own;
    };
    await expect(importing({ onProgress })).rejects.toBe(own);
    expect(await readdir(into)).toEqual([]);
  });
});
