import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { threadWaits } from '../../dist/provider/addon.js';
import { runCommand } from '../command.mjs';
import { modelPath, vadPath } from '../models.mjs';
import { startResident } from '../resident.mjs';

const BUILD = fileURLToPath(new URL('../../build/native/', import.meta.url));
const ADDON_DECODE = fileURLToPath(new URL('../children/addon-decode.mjs', import.meta.url));

/**
 * A process that holds one warmed state and decodes what it is given, by its own clock.
 *
 * @typedef {object} DecodeProcess
 * @property {(request: DecodeRequest) => Promise<{ seconds: number, text: string }>} decode
 * @property {() => Promise<void>} close
 */

/** @typedef {{ pcm: Float32Array, encoderContext: number, maxTokens: number }} DecodeRequest */

/** Builds bench/native/decode_baseline.cc where the set-up built the addon; nothing happens when it is current. */
export async function buildBaseline() {
  await runCommand('cmake', ['--build', BUILD, '--target', 'decode_baseline']);
}

/**
 * The C++ program over the library, one thread, English.
 *
 * @param {import('../models.mjs').ModelName} model
 * @returns {Promise<DecodeProcess>}
 */
export function startBaseline(model) {
  return startDecodeProcess(path.join(BUILD, 'decode_baseline'), [modelPath(model), '1', 'en']);
}

/**
 * A Node process over the addon, one thread, English.
 *
 * @param {import('../models.mjs').ModelName} model
 * @param {string} [binary] another than this installation's
 * @returns {Promise<DecodeProcess>}
 */
export function startAddon(model, binary) {
  const parameters = [ADDON_DECODE, modelPath(model), vadPath()];
  return startDecodeProcess(process.execPath, binary === undefined ? parameters : [...parameters, binary]);
}

/**
 * @param {string} program
 * @param {readonly string[]} parameters
 * @returns {Promise<DecodeProcess>}
 */
async function startDecodeProcess(program, parameters) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'whisperpool-bench-'));
  const file = path.join(folder, 'samples.f32');
  const resident = startResident(program, parameters, { ...threadWaits });
  return {
    async decode({ pcm, encoderContext, maxTokens }) {
      await writeFile(file, pcm);
      const [seconds = '', text = ''] = (await resident.ask(`${encoderContext}\t${maxTokens}\t${file}`)).split('\t');
      return { seconds: Number(seconds), text: text.trim() };
    },
    async close() {
      await resident.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
