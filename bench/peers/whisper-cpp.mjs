import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { runCommand } from '../command.mjs';
import { modelPath } from '../models.mjs';
import { peerFolder, whisperCppProgram } from './place.mjs';

const PROGRAMS = /** @type {const} */ (['whisper-cli', 'whisper-server']);

/**
 * whisper.cpp's own programs, built with its own defaults from the source tree that the addon is built from.
 *
 * @param {(line: string) => void} progress
 */
export async function installWhisperCpp(progress) {
  if (PROGRAMS.every((program) => existsSync(whisperCppProgram(program)))) return;
  progress(`building ${PROGRAMS.join(' and ')} into build/peers (minutes)`);
  const folder = peerFolder('whisper.cpp');
  const source =
    process.env['WHISPER_CPP_DIR'] ??
    path.join(
      path.dirname(createRequire(import.meta.url).resolve('nodejs-whisper/package.json')),
      'cpp',
      'whisper.cpp',
    );
  await runCommand('cmake', ['-S', source, '-B', folder, '-DCMAKE_BUILD_TYPE=Release', '-DBUILD_SHARED_LIBS=OFF']);
  const jobs = String(os.availableParallelism());
  await runCommand('cmake', ['--build', folder, '--target', ...PROGRAMS, '-j', jobs]);
}

/**
 * One request as a service without an engine makes it: start the program, load the model, decode, leave.
 *
 * @param {object} request
 * @param {import('../models.mjs').ModelName} request.model
 * @param {import('../clips.mjs').Clip} request.clip
 * @param {number} request.threads
 * @param {readonly string[]} [request.more] further options
 * @returns {Promise<string>} the text
 */
export async function runWhisperCli({ model, clip, threads, more = [] }) {
  const where = ['-m', modelPath(model), '-f', clip.path, '-l', clip.language, '-t', String(threads)];
  return (
    await runCommand(whisperCppProgram('whisper-cli'), [...where, '--no-prints', '--no-timestamps', ...more])
  ).trim();
}
