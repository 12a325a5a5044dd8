import { existsSync, statSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { publishedFile } from '../../dist/model/catalog.js';
import { importModel } from '../../dist/model/conversion/import-model.js';
import { quantizeModel } from '../../dist/model/conversion/quantize-model.js';
import { MODELS, modelPath } from '../models.mjs';

const SOURCE = fileURLToPath(new URL('../../../shared/data/models/faster-whisper-tiny.en/', import.meta.url));
const MADE = fileURLToPath(new URL('../../build/bench-models/', import.meta.url));
const QUANTISED = /** @type {const} */ (['q8_0', 'q5_1', 'q5_0', 'q4_0']);

/**
 * A model file to be measured.
 *
 * @typedef {object} VariantFile
 * @property {string} model
 * @property {string} variant
 * @property {string} origin in words
 * @property {string} path
 * @property {number} sizeBytes
 */

/**
 * The embedded models and, where the f16 weights of tiny.en are at hand, every variant of it, made on the spot.
 *
 * @param {(line: string) => void} progress
 * @returns {Promise<VariantFile[]>}
 */
export async function variantFiles(progress) {
  const embedded = MODELS.map((model) => {
    const path = modelPath(model);
    return { model, variant: 'q8_0', origin: 'embedded', path, sizeBytes: statSync(path).size };
  });
  if (!existsSync(SOURCE)) return embedded;
  await mkdir(MADE, { recursive: true });
  progress('tiny.en: f16 from the CTranslate2 folder');
  const f16 = await importModel(SOURCE, { into: MADE, overwrite: true });
  const made = [f16];
  for (const variant of QUANTISED) {
    progress(`tiny.en: ${variant} from f16`);
    made.push(await quantizeModel(f16.path, variant, { overwrite: true }));
  }
  const described = made.map(({ name, variant, path, sizeBytes, sha256 }) => {
    const isPublished = publishedFile(name, variant)?.sha256 === sha256;
    const origin = isPublished ? 'made here, byte for byte the published one' : 'made here';
    return { model: name, variant, origin, path, sizeBytes };
  });
  return [...described, ...embedded];
}

export async function removeVariantFiles() {
  await rm(MADE, { recursive: true, force: true });
}
