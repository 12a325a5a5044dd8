import { readFile } from 'node:fs/promises';

/**
 * The samples of a 16-bit wav file as they are in it, and their format as a live source wants it.
 *
 * @param {string | URL} path
 * @returns {Promise<{ format: import('../dist/index.js').LiveFormat & { channels: number }, bytes: Buffer }>}
 */
export async function readWav(path) {
  const file = await readFile(path);
  const form = chunkOf(file, 'fmt ');
  const bytes = chunkOf(file, 'data');
  if (form?.readUInt16LE(0) !== 1 || form.readUInt16LE(14) !== 16 || !bytes) {
    throw new Error(`${String(path)} is not a wav file of 16-bit samples.`);
  }
  return { format: { encoding: 's16le', sampleRate: form.readUInt32LE(4), channels: form.readUInt16LE(2) }, bytes };
}

/**
 * @param {Buffer} file
 * @param {string} name
 */
function chunkOf(file, name) {
  for (let at = 12; at + 8 <= file.length; ) {
    const length = file.readUInt32LE(at + 4);
    if (file.toString('latin1', at, at + 4) === name) return file.subarray(at + 8, at + 8 + length);
    at += 8 + length + (length % 2);
  }
  return undefined;
}
