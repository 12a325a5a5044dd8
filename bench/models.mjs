import { fileURLToPath } from 'node:url';

/** The embedded models that the benchmarks compare, and the files that hold them. */
export const MODELS = /** @type {const} */ (['base', 'tiny.en']);

/** @typedef {(typeof MODELS)[number]} ModelName */

/**
 * @param {ModelName} model
 * @returns {string} path of the q8_0 weights
 */
export function modelPath(model) {
  return fileURLToPath(new URL(`../models/ggml-${model}-q8_0.bin`, import.meta.url));
}

/** @returns {string} path of the Silero VAD weights */
export function vadPath() {
  return fileURLToPath(new URL('../models/ggml-silero-v6.2.0.bin', import.meta.url));
}
