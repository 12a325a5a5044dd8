import { join, resolve } from 'node:path';
import { identifyFile } from '../file-identity.js';
import { nameModel } from '../model-name.js';
import { type ConversionOptions, type ConvertedModel, convert } from './conversion.js';
import { readVariables } from './ctranslate2-reader.js';
import { CTranslate2Weights } from './ctranslate2-weights.js';
import { ggmlHeader, ggmlMelFilters } from './ggml-writer.js';
import { checkConfiguration, modelFolder } from './model-folder.js';
import { readVocabulary } from './whisper-vocabulary.js';

export interface ImportOptions extends ConversionOptions {
  /** The folder that the file is written to. It must exist. */
  readonly into: string;
  /**
   * What the model is called from now on: letters, digits, `.`, `_` and `-`. A model that was trained further should
   * have a name of its own. @defaultValue the name of the published model that has this network
   */
  readonly name?: string | undefined;
}

/**
 * Makes a ggml f16 file of a CTranslate2 Whisper folder, as faster-whisper uses them and keeps them in its cache. Takes
 * float32, float16, bfloat16 and int8 weights, and a few megabytes of memory whatever the model.
 * @param folder with model.bin, config.json and the vocabulary; or the model's folder in the cache of the Hugging Face hub
 * @throws EngineError `MODEL_MISSING`, `MODEL_TRUNCATED`, `MODEL_CORRUPT`, `MODEL_UNSUPPORTED`, `OPTION_INVALID`,
 * `DISK_FULL`, `MODEL_STORE_UNWRITABLE`, `ABORTED`; nothing is left behind
 */
export async function importModel(folder: string, options: ImportOptions): Promise<ConvertedModel> {
  const source = await modelFolder(resolve(folder));
  const file = await identifyFile(join(source, 'model.bin'));
  const weights = new CTranslate2Weights(file.path, await readVariables(file, options.signal));
  const { dimensions } = weights;
  await checkConfiguration(source, dimensions.mels);
  const vocabulary = await readVocabulary(source, dimensions);

  // Two of the published networks are told apart by what the folder is called.
  const name = options.name ?? nameModel(dimensions, source).name;
  const head = Buffer.concat([ggmlHeader(dimensions, 'f16'), ggmlMelFilters(dimensions.mels), vocabulary]);
  const tensors = weights.tensors();
  return convert({ source: file, name, variant: 'f16', into: options.into, head, tensors }, options);
}
