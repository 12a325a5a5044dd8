import { type ExpectedTensor, expectedTensors } from './architecture.js';
import { type Dimensions, headerFields, readDimensions } from './dimensions.js';
import type { FileIdentity } from './file-identity.js';
import { foreignFormat } from './foreign-format.js';
import { GgmlReader } from './ggml-reader.js';
import { corrupt, truncated, unsupported } from './refusal.js';
import { type Variant, variantOfTensorType } from './variant.js';

/** Where a tensor lies in its file. */
export interface TensorPlace extends ExpectedTensor {
  /** Where its header begins. */
  readonly headerOffsetBytes: number;
  /** Where its values begin. */
  readonly offsetBytes: number;
}

/** The structure of a whole and loadable ggml Whisper file. */
export interface GgmlFile {
  readonly dimensions: Dimensions;
  readonly variant: Variant;
  readonly melFiltersOffsetBytes: number;
  readonly vocabularyOffsetBytes: number;
  /** Every tensor of the model, in file order. */
  readonly tensors: readonly TensorPlace[];
}

/** 0x67676d6c, little-endian. */
const magic = Buffer.from('lmgg', 'latin1');
/** Enough of a file to recognise what else it may be. */
const headBytes = 64;
/** whisper.cpp transforms 400 samples: 201 frequencies. */
const melFrequencies = 201;
/** Tokens of GPT-2's byte-pair vocabulary: the special ones behind them are not spelled out in every file. */
const spelledTokens = 50_256;
/** The longest token of the published vocabularies, and the buffer of whisper.cpp's quantiser. */
const tokenBytes = 128;
/** The longest tensor name is `decoder.blocks.31.cross_attn.query.weight`. */
const nameBytes = 64;
const tensorDimensions = 3;

/**
 * Reads everything in a ggml Whisper file but the values of its weights, and checks all of it: whisper.cpp trusts its
 * files, so that a wrong count there is a crash or a write past the end of the heap.
 * @throws EngineError `MODEL_MISSING`, `MODEL_TRUNCATED`, `MODEL_CORRUPT`, `MODEL_UNSUPPORTED`, `ABORTED`
 */
export async function readGgmlFile(file: FileIdentity, signal?: AbortSignal): Promise<GgmlFile> {
  const reader = await GgmlReader.open(file, signal);
  try {
    await checkSignature(reader);
    const { dimensions, variant } = await readHeader(reader);
    const melFiltersOffsetBytes = reader.position;
    await skipMelFilters(reader, dimensions);
    const vocabularyOffsetBytes = reader.position;
    await skipVocabulary(reader, dimensions);
    const tensors = await readTensors(reader, expectedTensors(dimensions, variant));
    return { dimensions, variant, melFiltersOffsetBytes, vocabularyOffsetBytes, tensors };
  } finally {
    await reader.close();
  }
}

async function checkSignature(reader: GgmlReader): Promise<void> {
  const { path, sizeBytes } = reader.file;
  if (sizeBytes === 0) throw truncated(path, 'it is empty');
  const available = Math.min(headBytes, sizeBytes);
  await reader.need(available, 'its signature');
  const head = reader.peek(available);
  if (!head.subarray(0, 4).equals(magic.subarray(0, available))) {
    const { looksLike, advice } = foreignFormat(head);
    throw unsupported(path, looksLike, advice);
  }
  if (head.includes('silero')) {
    throw unsupported(path, 'holds Silero voice activity weights', 'Give a Whisper model, such as ggml-base-q8_0.bin.');
  }
  reader.skip(4, 'its signature');
}

async function readHeader(reader: GgmlReader) {
  await reader.need(4 * headerFields, 'its header');
  const header = Array.from({ length: headerFields }, () => reader.int32());
  return readDimensions(reader.file.path, header);
}

async function skipMelFilters(reader: GgmlReader, { mels }: Dimensions): Promise<void> {
  const section = 'its mel filters';
  await reader.need(8, section);
  requireWithin(reader, 'the number of mel bands', reader.int32(), mels, mels);
  requireWithin(reader, 'the number of mel frequencies', reader.int32(), melFrequencies, melFrequencies);
  reader.skip(4 * mels * melFrequencies, section);
}

async function skipVocabulary(reader: GgmlReader, { vocabulary }: Dimensions): Promise<void> {
  const section = 'its vocabulary';
  await reader.need(4, section);
  const tokens = requireWithin(reader, 'the number of spelled-out tokens', reader.int32(), spelledTokens, vocabulary);
  for (let token = 0; token < tokens; token += 1) {
    // 50,000 promises would cost more than the reading.
    if (reader.bufferedBytes < 4) await reader.need(4, section);
    reader.skip(requireWithin(reader, `the length of token ${token}`, reader.int32(), 0, tokenBytes), section);
  }
}

async function readTensors(
  reader: GgmlReader,
  expected: ReadonlyMap<string, ExpectedTensor>,
): Promise<readonly TensorPlace[]> {
  const headersAndValues = [...expected.values()].map((tensor) => headerBytes(tensor) + tensor.sizeBytes);
  reader.expectedBytes = headersAndValues.reduce((sum, bytes) => sum + bytes, reader.position);
  const tensors = new Map<string, TensorPlace>();
  while (tensors.size < expected.size) {
    const tensor = await readTensor(reader, expected, `tensor ${tensors.size + 1} of ${expected.size}`);
    if (tensors.has(tensor.name)) throw corrupt(reader.file.path, `it holds the tensor ${tensor.name} twice`);
    tensors.set(tensor.name, tensor);
  }
  if (reader.remainingBytes > 0) {
    throw corrupt(reader.file.path, `${reader.remainingBytes} bytes follow its last tensor`);
  }
  return [...tensors.values()];
}

async function readTensor(
  reader: GgmlReader,
  expected: ReadonlyMap<string, ExpectedTensor>,
  section: string,
): Promise<TensorPlace> {
  const { path } = reader.file;
  const headerOffsetBytes = reader.position;
  await reader.need(12, section);
  const dimensions = requireWithin(
    reader,
    `the number of dimensions of ${section}`,
    reader.int32(),
    1,
    tensorDimensions,
  );
  const length = requireWithin(reader, `the length of the name of ${section}`, reader.int32(), 1, nameBytes);
  const typeId = reader.int32();
  await reader.need(4 * dimensions + length, section);
  const shape = Array.from({ length: dimensions }, () => reader.int32());
  const name = reader.peek(length).toString('latin1');
  reader.skip(length, section);
  const tensor = expected.get(name);
  if (!tensor) throw corrupt(path, `${section} is called ${JSON.stringify(name)}, which this network does not have`);
  if (shape.join() !== tensor.shape.join()) {
    throw corrupt(
      path,
      `the tensor ${name} has the shape ${shape.join('×')}, where ${tensor.shape.join('×')} is expected`,
    );
  }
  const variant = variantOfTensorType(typeId);
  if (variant !== tensor.variant) {
    throw corrupt(
      path,
      `the tensor ${name} is stored as ${variant ?? `type ${typeId}`}, where ${tensor.variant} is expected`,
    );
  }
  const offsetBytes = reader.position;
  reader.skip(tensor.sizeBytes, `the tensor ${name}`);
  return { ...tensor, headerOffsetBytes, offsetBytes };
}

/** Three integers, the dimensions, the name. */
function headerBytes(tensor: ExpectedTensor): number {
  return 12 + 4 * tensor.shape.length + tensor.name.length;
}

function requireWithin(reader: GgmlReader, what: string, value: number, lowest: number, highest: number): number {
  if (value >= lowest && value <= highest) return value;
  const bounds = lowest === highest ? String(lowest) : `${lowest} to ${highest}`;
  throw corrupt(reader.file.path, `${what} is ${value}, where ${bounds} is expected`);
}
