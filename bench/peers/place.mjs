import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Where a peer is installed.
 *
 * @param {string} name
 */
export function peerFolder(name) {
  return fileURLToPath(new URL(name, new URL('../../build/peers/', import.meta.url)));
}

/** @param {'whisper-cli' | 'whisper-server'} program */
export function whisperCppProgram(program) {
  return path.join(peerFolder('whisper.cpp'), 'bin', program);
}
