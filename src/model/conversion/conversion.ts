import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { EngineError } from '../../errors.js';
import type { ExpectedTensor } from '../architecture.js';
import { catalogFile, fileNameOf } from '../catalog.js';
import { type FileIdentity, identifyFile } from '../file-identity.js';
import { readGgmlFile } from '../ggml-file.js';
import type { Variant } from '../variant.js';
import { tensorHeader } from './ggml-writer.js';
import { writeNewFile } from './new-file.js';
import { convertRows, type StoredRows } from './stored-rows.js';
import { WeightFile } from './weight-file.js';

export interface ConversionProgress {
  /** `converting` until the last byte is written, then `verifying`. */
  readonly step: 'converting' | 'verifying';
  /** Bytes of the new file. */
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface ConversionOptions {
  /** Replaces the file if there is one already. @defaultValue false */
  readonly overwrite?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called for every few ten thousand weights. */
  readonly onProgress?: ((progress: ConversionProgress) => void) | undefined;
}

/** A model file that was made from another. */
export interface ConvertedModel {
  readonly name: string;
  readonly variant: Variant;
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** A file of weights, and the ggml file that is to be made of it. */
export interface Conversion {
  readonly source: FileIdentity;
  readonly name: string;
  readonly variant: Variant;
  /** The folder that the file is written to. */
  readonly into: string;
  /** Everything before the first tensor. */
  readonly head: Uint8Array;
  /** In file order. */
  readonly tensors: readonly TensorConversion[];
}

export interface TensorConversion {
  readonly tensor: ExpectedTensor;
  readonly stored: StoredRows;
}

/**
 * Writes the ggml file. When this returns, it is whole and the engine loads it. Between two slices of a tensor the
 * event loop is free.
 * @throws EngineError as `writeNewFile`, `convertRows` and `readGgmlFile`; `ABORTED`
 */
export async function convert(conversion: Conversion, options: ConversionOptions): Promise<ConvertedModel> {
  const { head, into, name, tensors, variant } = conversion;
  const { onProgress, overwrite = false, signal } = options;
  if (!/^\w[\w.-]{0,99}$/.test(name)) {
    throw new EngineError('OPTION_INVALID', `\`name\` is '${name}'; it may have letters, digits, '.', '_' and '-'.`);
  }
  const path = join(resolve(into), fileNameOf(name, variant));
  const headersAndValues = tensors.map(({ tensor }) => tensorHeader(tensor).length + tensor.sizeBytes);
  const sizeBytes = headersAndValues.reduce((sum, bytes) => sum + bytes, head.length);
  const hash = createHash('sha256');
  let sha256 = '';
  const report = (step: ConversionProgress['step'], doneBytes: number): void => {
    if (signal?.aborted) {
      const message = `Writing ${path} was aborted. Nothing of it was kept.`;
      throw new EngineError('ABORTED', message, { cause: signal.reason });
    }
    onProgress?.({ step, doneBytes, totalBytes: sizeBytes });
  };
  const source = await WeightFile.open(conversion.source);
  async function* watched(): AsyncGenerator<Uint8Array> {
    let doneBytes = 0;
    for await (const chunk of contents(conversion, source)) {
      report('converting', doneBytes);
      hash.update(chunk);
      yield chunk;
      doneBytes += chunk.length;
    }
  }
  try {
    await writeNewFile({ path, sizeBytes, overwrite }, watched(), async (part) => {
      report('verifying', sizeBytes);
      await source.refuseChanged();
      await readGgmlFile(await identifyFile(part), signal);
      sha256 = hash.digest('hex');
      refuseFalseName(path, sizeBytes, sha256);
    });
  } finally {
    await source.close();
  }
  return { name, variant, path, sizeBytes, sha256 };
}

/** Under the name of a published file, the engine takes other bytes for damage. */
function refuseFalseName(path: string, sizeBytes: number, sha256: string): void {
  const published = catalogFile(basename(path), sizeBytes);
  if (!published || [published.sha256, ...(published.alsoSha256 ?? [])].includes(sha256)) return;
  const message = `These are not quite the weights that are published as ${published.fileName}, so the file would be taken for a damaged one. Give the model another \`name\`.`;
  throw new EngineError('OPTION_INVALID', message);
}

async function* contents({ head, tensors }: Conversion, source: WeightFile): AsyncGenerator<Uint8Array> {
  yield head;
  for (const { stored, tensor } of tensors) {
    yield tensorHeader(tensor);
    yield* convertRows(source, stored, tensor.variant);
  }
}
