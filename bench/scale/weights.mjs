import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDERS = [new URL('../../models/', import.meta.url), new URL('../../../shared/data/models/', import.meta.url)];
const NAME = /^ggml-(.+)-q8_0\.bin$/;

/**
 * @typedef {object} Weights
 * @property {string} model
 * @property {string} folder
 * @property {number} mebibytes
 */

/** Every Whisper model in q8_0 that is at hand, the smallest first. @returns {Weights[]} */
export function weightsAtHand() {
  /** @type {Map<string, Weights>} */
  const found = new Map();
  for (const folder of FOLDERS.map((url) => fileURLToPath(url)).filter((path) => existsSync(path))) {
    for (const file of readdirSync(folder)) {
      const [, model] = NAME.exec(file) ?? [];
      if (!model || found.has(model)) continue;
      found.set(model, { model, folder, mebibytes: statSync(`${folder}${file}`).size / 2 ** 20 });
    }
  }
  return [...found.values()].sort((one, other) => one.mebibytes - other.mebibytes);
}
