import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sampleRate } from '../../dist/provider/audio-format.js';
import { openEncoded } from '../../dist/provider/audio-reader.js';

/** What anybody hears in jfk.wav, in any encoding. */
export const jfkSays = 'ask not what your country can do for you';

/** Path of a clip that the project carries. */
export function bundled(fileName: string): string {
  return fileURLToPath(new URL(`../fixtures/${fileName}`, import.meta.url));
}

/** Path of a development clip, which need not be there. */
export function shared(fileName: string): string {
  return fileURLToPath(new URL(`../../../shared/data/clips/${fileName}`, import.meta.url));
}

/** What is really said in a bundled clip. */
export function referenceOf(id: string): string {
  const manifest = readFileSync(new URL('../../bench/bundled-clips.json', import.meta.url), 'utf8');
  const { clips } = JSON.parse(manifest) as { clips: { id: string; reference: string }[] };
  const clip = clips.find((candidate) => candidate.id === id);
  if (!clip) throw new Error(`There is no clip ${id}.`);
  return clip.reference;
}

/** All of a clip as 16 kHz mono. */
export async function samplesOf(path: string): Promise<Float32Array> {
  const reader = openEncoded(path);
  const blocks: Float32Array[] = [];
  for (;;) {
    const block = new Float32Array(60 * sampleRate);
    const length = await reader.read(block);
    if (length === 0) break;
    blocks.push(block.subarray(0, length));
  }
  reader.close();
  return joined(...blocks);
}

/** The same over shared memory, as the slots take it. */
export async function sharedSamplesOf(path: string): Promise<Float32Array> {
  const samples = await samplesOf(path);
  const shared = new Float32Array(new SharedArrayBuffer(samples.byteLength));
  shared.set(samples);
  return shared;
}

/** Digital silence. */
export function silence(seconds: number): Float32Array {
  return new Float32Array(Math.round(seconds * sampleRate));
}

/** One after the other. */
export function joined(...parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}

/** Samples as input of an engine. */
export function pcm(samples: Float32Array) {
  return { samples, sampleRate };
}

/** Lower case, words only: spellings of a text that differ in punctuation are one. */
export function spoken(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}' ]/gu, '')
    .replaceAll(/\s+/gu, ' ')
    .trim();
}
