import { cp, mkdir, stat, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { modelPath } from '../models.mjs';
import { modelFolder } from './faster-whisper.mjs';

/**
 * The same weights for every peer: our q8_0 file, under the name that nodejs-whisper looks for; converted from it for
 * faster-whisper.
 *
 * @param {import('./table.mjs').Peer} peer
 * @param {import('../models.mjs').ModelName} model
 * @param {string} folder for what has to be made
 * @returns {Promise<string>}
 */
export async function weightsFor({ origin }, model, folder) {
  if (origin.kind === 'python') return modelFolder(model);
  if (origin.kind === 'here') return modelPath(model);
  await mkdir(folder, { recursive: true });
  const path = join(folder, `ggml-${model}.bin`);
  await symlink(modelPath(model), path).catch(() => undefined); // it is there from another peer
  return path;
}

/**
 * The same, of which the second half is missing.
 *
 * @param {import('./table.mjs').Peer} peer
 * @param {import('../models.mjs').ModelName} model
 * @param {string} folder
 * @returns {Promise<string>}
 */
export async function halfOfWeightsFor({ origin }, model, folder) {
  await mkdir(folder, { recursive: true });
  const isFolder = origin.kind === 'python';
  const path = join(folder, isFolder ? model : `ggml-${model}.bin`);
  await cp(isFolder ? modelFolder(model) : modelPath(model), path, { recursive: true });
  const file = isFolder ? join(path, 'model.bin') : path;
  await truncate(file, Math.floor((await stat(file)).size / 2));
  return path;
}
