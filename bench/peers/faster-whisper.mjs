import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../command.mjs';
import { modelPath } from '../models.mjs';
import { startResident } from '../resident.mjs';

const PEERS = new URL('../../build/peers/', import.meta.url);
const VENV = new URL('venv/', PEERS);
const VENV_READY = new URL('faster-whisper-installed', VENV);
const PYTHON = fileURLToPath(new URL(process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python', VENV));
const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const CONVERT = fileURLToPath(new URL('convert_model.py', import.meta.url));
const RESIDENT = fileURLToPath(new URL('resident_faster_whisper.py', import.meta.url));

/**
 * faster-whisper in a Python environment of its own, and the embedded weights in its format. Skips what is there.
 *
 * @param {readonly import('../models.mjs').ModelName[]} models
 * @param {(line: string) => void} progress
 */
export async function installFasterWhisper(models, progress) {
  if (!existsSync(VENV_READY)) {
    progress('installing faster-whisper into build/peers/venv');
    await rm(VENV, { recursive: true, force: true });
    await mkdir(PEERS, { recursive: true });
    await runCommand('python3', ['-m', 'venv', fileURLToPath(VENV)]);
    await runCommand(PYTHON, ['-m', 'pip', 'install', '--quiet', '-r', REQUIREMENTS]);
    await mkdir(VENV_READY);
  }
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
function modelFolder(model) {
  return fileURLToPath(new URL(`faster-whisper-${model}`, PEERS));
}
