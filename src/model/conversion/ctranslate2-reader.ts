import type { FileIdentity } from '../file-identity.js';
import { GgmlReader } from '../ggml-reader.js';
import { corrupt, unsupported } from '../refusal.js';
import type { NumberFormat } from './number-format.js';

/** An array of a CTranslate2 file. */
export interface Variable {
  readonly name: string;
  /** Slowest dimension first; empty for a setting such as the number of heads. */
  readonly shape: readonly number[];
  readonly format: NumberFormat | 'i16' | 'i32';
  readonly offsetBytes: number;
}

const binaryVersion = 6;
/** The specification of Whisper in which a model's decoder and encoder have the names of ctranslate2-tensors.ts. */
const newestRevision = 3;
/** By the number of their type. */
const formats: readonly { readonly name: Variable['format']; readonly bytes: number }[] = [
  { name: 'f32', bytes: 4 },
  { name: 'i8', bytes: 1 },
  { name: 'i16', bytes: 2 },
  { name: 'i32', bytes: 4 },
  { name: 'f16', bytes: 2 },
  { name: 'bf16', bytes: 2 },
];
/** A quantised large-v3 has about 1500 variables; the longest name has 62 letters. */
const mostVariables = 10_000;
const longestName = 256;
const mostDimensions = 3;

/**
 * The arrays of a CTranslate2 `model.bin`, by name; an alias is a second name of one. Layout: `_serialize` in
 * CTranslate2's python/ctranslate2/specs/model_spec.py. Their values stay where they are.
 * @throws EngineError `MODEL_MISSING`, `MODEL_TRUNCATED`, `MODEL_CORRUPT`, `MODEL_UNSUPPORTED`, `ABORTED`
 */
export async function readVariables(file: FileIdentity, signal?: AbortSignal): Promise<ReadonlyMap<string, Variable>> {
  const reader = await GgmlReader.open(file, signal);
  try {
    await checkSpecification(reader);
    const variables = new Map<string, Variable>();
    const count = await readCount(reader, 'the number of its tensors');
    for (let index = 0; index < count; index += 1) {
      const variable = await readVariable(reader, `tensor ${index + 1} of ${count}`);
      if (variables.has(variable.name)) throw corrupt(file.path, `it holds the tensor ${variable.name} twice`);
      variables.set(variable.name, variable);
    }
    await readAliases(reader, variables);
    if (reader.remainingBytes > 0) throw corrupt(file.path, `${reader.remainingBytes} bytes follow its last tensor`);
    return variables;
  } finally {
    await reader.close();
  }
}

async function checkSpecification(reader: GgmlReader): Promise<void> {
  const { path } = reader.file;
  const again = 'Convert the model again with `ct2-transformers-converter`, or download it again.';
  const version = await readUint32(reader, 'its version');
  if (version !== binaryVersion) {
    throw unsupported(path, `is not in version ${binaryVersion} of CTranslate2's format but says ${version}`, again);
  }
  const specification = await readName(reader, 'the name of its specification');
  const revision = await readUint32(reader, 'the revision of its specification');
  if (specification !== 'WhisperSpec') {
    throw unsupported(path, `is a CTranslate2 model of another network (${specification})`, 'Give a Whisper model.');
  }
  if (revision > newestRevision) throw unsupported(path, `is in revision ${revision} of WhisperSpec`, again);
}

async function readVariable(reader: GgmlReader, section: string): Promise<Variable> {
  const { path } = reader.file;
  const name = await readName(reader, section);
  const what = `the tensor ${name}`;
  const dimensions = await readUint8(reader, what);
  if (dimensions > mostDimensions) throw corrupt(path, `${what} has ${dimensions} dimensions`);
  const shape: number[] = [];
  while (shape.length < dimensions) shape.push(await readUint32(reader, what));
  const typeId = await readUint8(reader, what);
  const format = formats[typeId];
  if (!format) throw corrupt(path, `${what} holds numbers of a type that does not exist (${typeId})`);
  const sizeBytes = await readUint32(reader, what);
  const expectedBytes = shape.reduce((product, dimension) => product * dimension, format.bytes);
  if (sizeBytes !== expectedBytes) {
    throw corrupt(
      path,
      `${what} has ${sizeBytes} bytes, where ${shape.join('×')} × ${format.name} is ${expectedBytes}`,
    );
  }
  const offsetBytes = reader.position;
  reader.skip(sizeBytes, what);
  return { name, shape, format: format.name, offsetBytes };
}

async function readAliases(reader: GgmlReader, variables: Map<string, Variable>): Promise<void> {
  const count = await readCount(reader, 'the number of its aliases');
  for (let index = 0; index < count; index += 1) {
    const alias = await readName(reader, `alias ${index + 1} of ${count}`);
    const name = await readName(reader, `alias ${index + 1} of ${count}`);
    const variable = variables.get(name);
    if (!variable) throw corrupt(reader.file.path, `${alias} is another name of the tensor ${name}, which is missing`);
    if (variables.has(alias)) throw corrupt(reader.file.path, `it holds the tensor ${alias} twice`);
    variables.set(alias, variable);
  }
}

async function readCount(reader: GgmlReader, what: string): Promise<number> {
  const count = await readUint32(reader, what);
  if (count > mostVariables) throw corrupt(reader.file.path, `${what} is ${count}`);
  return count;
}

/** A length of two bytes, the letters, and a zero. */
async function readName(reader: GgmlReader, section: string): Promise<string> {
  await reader.need(2, section);
  const length = reader.peek(2).readUInt16LE();
  reader.skip(2, section);
  if (length > longestName) throw corrupt(reader.file.path, `the name of ${section} is ${length} bytes long`);
  await reader.need(length, section);
  const name = reader.peek(length).toString('latin1');
  reader.skip(length, section);
  if (!/^[\x21-\x7e]+\0$/.test(name)) {
    throw corrupt(reader.file.path, `the name of ${section} is no name: ${JSON.stringify(name)}`);
  }
  return name.slice(0, -1);
}

async function readUint8(reader: GgmlReader, section: string): Promise<number> {
  await reader.need(1, section);
  const value = reader.peek(1).readUInt8();
  reader.skip(1, section);
  return value;
}

async function readUint32(reader: GgmlReader, section: string): Promise<number> {
  await reader.need(4, section);
  return reader.int32() >>> 0;
}
