import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { adapterPython, makeAdapterEnvironment } from '../../scripts/setup/adapter-environment.mjs';
import { runCommand } from '../command.mjs';
import { modelPath } from '../models.mjs';
import { startResident } from '../resident.mjs';

const PEERS = new URL('../../build/peers/', import.meta.url);
const PYTHON = adapterPython('faster-whisper');
const CONVERT = fileURLToPath(new URL('convert_model.py', import.meta.url));
const RESIDENT = fileURLToPath(new URL('resident_faster_whisper.py', import.meta.url));

/**
 * faster-whisper in the Python environment of its adapter, and the embedded weights in its format. Skips what is there.
 *
 * @param {readonly import('../models.mjs').ModelName[]} models
 * @param {(line: string) => void} progress
 */
export async function installFasterWhisper(models, progress) {
  await makeAdapterEnvironment('faster-whisper', progress);
  for (const model of models) {
    if (existsSync(modelFolder(model))) continue;
    progress(`converting ${model} for faster-whisper`);
    await runCommand(PYTHON, ['-B', CONVERT, modelPath(model), modelFolder(model)]);
  }
}

/**
 * @typedef {object} FasterWhisper
 * @property {(clip: import('../clips.mjs').Clip) => Promise<{ seconds: number, text: string }>} transcribe
 * @property {() => Promise<void>} close
 */

/**
 * @param {import('../models.mjs').ModelName} model
 * @param {number} threads
 * @returns {FasterWhisper}
 */
export function startFasterWhisper(model, threads) {
  const threadLimits = { OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) }; // numpy's too
  const process = startResident(PYTHON, ['-B', RESIDENT, modelFolder(model), String(threads)], threadLimits);
  return {
    async transcribe({ path, language }) {
      return JSON.parse(await process.ask(JSON.stringify({ path, language })));
    },
    close: process.close,
  };
}

/** @param {string} model */
export function modelFolder(model) {
  return fileURLToPath(new URL(`faster-whisper-${model}`, PEERS));
}
