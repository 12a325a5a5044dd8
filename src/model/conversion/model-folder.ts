import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../../errors.js';
import { identifyFile, isThere, openError } from '../file-identity.js';
import { corrupt, unsupported } from '../refusal.js';

/** The largest text file of a model, the tokenizer.json of large-v3, has 2.7 million bytes. */
const largestTextBytes = 16 * 1024 * 1024;

/** The front end that whisper.cpp has built in, under the names of preprocessor_config.json. */
const frontEnd = { sampling_rate: 16_000, n_fft: 400, hop_length: 160 };

/**
 * The folder with the files of a model: `path` itself, or the snapshot in it that is current when it is the folder of
 * a model in the cache of the Hugging Face hub (`models--Systran--faster-whisper-base`).
 * @throws EngineError `MODEL_MISSING`
 */
export async function modelFolder(path: string): Promise<string> {
  const isFolder = await stat(path)
    .then((status) => status.isDirectory())
    .catch(() => false);
  if (!isFolder) throw noModel(path, 'is not a folder, or is not there');
  const folder = await currentSnapshot(path);
  for (const name of ['model.bin', 'config.json']) {
    if (!(await isThere(join(folder, name)))) throw noModel(folder, `has no ${name}`);
  }
  return folder;
}

/** @throws EngineError `MODEL_UNSUPPORTED` when the model hears otherwise than whisper.cpp does, `MODEL_CORRUPT` */
export async function checkConfiguration(folder: string, mels: number): Promise<void> {
  await readJson(join(folder, 'config.json'));
  const path = join(folder, 'preprocessor_config.json');
  if (!(await isThere(path))) return;
  const configuration = await readJson(path);
  for (const [name, expected] of Object.entries({ ...frontEnd, feature_size: mels })) {
    const value = configuration[name];
    if (value === undefined || value === expected) continue;
    const advice = `Only models with ${name} = ${expected} can be imported.`;
    throw unsupported(path, `says ${name} = ${JSON.stringify(value)}`, advice);
  }
}

/** @throws EngineError `MODEL_MISSING`, `MODEL_CORRUPT` */
export async function readJson(path: string): Promise<Record<string, unknown>> {
  const text = await readText(path);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw corrupt(path, 'it is not JSON, or ends too early');
}

/** @throws EngineError `MODEL_MISSING`, `MODEL_CORRUPT` when it is too large to be what its name says */
export async function readText(path: string): Promise<string> {
  const file = await identifyFile(path);
  if (file.sizeBytes > largestTextBytes) throw corrupt(path, `it has ${file.sizeBytes} bytes`);
  return readFile(file.path, 'utf8').catch(async (error: unknown) => {
    throw await openError(path, error);
  });
}

async function currentSnapshot(path: string): Promise<string> {
  const snapshots = join(path, 'snapshots');
  if (!(await isThere(snapshots))) return path;
  const revision = (await readText(join(path, 'refs', 'main'))).trim();
  if (!/^\w+$/.test(revision)) throw corrupt(join(path, 'refs', 'main'), 'it holds no revision');
  return join(snapshots, revision);
}

function noModel(folder: string, what: string): EngineError {
  const needed = 'model.bin, config.json, and vocabulary.txt, vocabulary.json or tokenizer.json';
  const message = `${folder} ${what}. A CTranslate2 model, as faster-whisper uses them, is a folder with ${needed}.`;
  return new EngineError('MODEL_MISSING', message);
}
