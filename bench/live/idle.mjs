import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../spread.mjs';
import { Player } from './player.mjs';
import { FRAME_BYTES, noise } from './spoken-clip.mjs';

/** −60 dB of full scale. */
const NOISE_LEVEL = 0.001;
const FORMAT = /** @type {const} */ ({ encoding: 's16le', sampleRate: 16_000 });

/**
 * CPU seconds of this process while sources are silent, and while the same writer writes to nobody.
 *
 * @param {object} options
 * @param {import('../../dist/index.js').Engine} options.engine
 * @param {number} options.sources
 * @param {number} options.settlingSeconds not counted; the engine learns the noise of a line in 3 s
 * @param {number} options.seconds
 * @param {(line: string) => void} options.progress
 */
export async function measureIdle({ engine, sources, settlingSeconds, seconds, progress }) {
  const random = seededRandom(7);
  const lines = [
    { name: 'no sources', bytes: Buffer.alloc(FRAME_BYTES), isHeard: false },
    { name: 'digital silence', bytes: Buffer.alloc(FRAME_BYTES), isHeard: true },
    { name: 'noise of −60 dBFS', bytes: noise(NOISE_LEVEL, 10, random), isHeard: true },
  ];
  const rows = [];
  for (const { name, bytes, isHeard } of lines) {
    progress(`idle: ${name}, ${settlingSeconds} + ${seconds} s`);
    const session = await engine.openSession();
    const open = isHeard
      ? Array.from({ length: sources }, (_, i) => session.addSource(`${i}`, { format: FORMAT }))
      : [];
    const writers = Array.from({ length: sources }, (_, i) => open[i] ?? nobody);
    const player = new Player(
      writers.map((writer) => looped(writer, bytes, random)),
      random,
    );
    player.start();
    await sleep(1000 * settlingSeconds);
    const before = { cpu: process.cpuUsage(), atMs: performance.now() };
    await sleep(1000 * seconds);
    const { user, system } = process.cpuUsage(before.cpu);
    const cores = (user + system) / 1e3 / (performance.now() - before.atMs);
    player.stop();
    const { sources: ended } = await session.end();
    rows.push({ name, cores, heard: ended.some(({ text }) => text !== '') });
  }
  const base = rows[0]?.cores ?? Number.NaN;
  return rows.map((row) => ({ ...row, percentPerSource: (100 * (row.cores - base)) / sources }));
}

const nobody = { tryWrite: () => true };

/**
 * @param {{ tryWrite(bytes: Uint8Array): boolean }} writer
 * @param {Buffer} bytes
 * @param {() => number} random
 */
function looped(writer, bytes, random) {
  let at = FRAME_BYTES * Math.floor((random() * bytes.length) / FRAME_BYTES);
  return {
    speak() {
      writer.tryWrite(bytes.subarray(at, at + FRAME_BYTES));
      at = (at + FRAME_BYTES) % bytes.length;
    },
  };
}
