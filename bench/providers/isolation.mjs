import { systemClock } from '../../dist/clock.js';
import { resolveModel } from '../../dist/model/resolve.js';
import { ProcessPool } from '../../dist/pool/process-pool.js';
import { SlotPool } from '../../dist/pool/slot-pool.js';
import { textOf } from '../../dist/transcript/text-of.js';
import { englishClips } from '../clips.mjs';
import { FRAME_BYTES, readSpokenClip, SAMPLE_RATE } from '../live/spoken-clip.mjs';
import { MODELS } from '../models.mjs';
import { atMost, exactly, figure } from '../result.mjs';
import { interleaved, seededRandom, spreadOf, timed } from '../spread.mjs';

const SLOTS = 2;
const CHUNK_SECONDS = 8;
const ROUNDS = 10; // even, so that each way goes first as often

/** @typedef {import('../../dist/pool/decoding-pool.js').DecodingPool} DecodingPool */
/** @typedef {import('../../dist/provider/recognition.js').Chunk} Chunk */

/**
 * The slots on threads of this process against the slots in a process of their own.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureIsolation({ clips, quick, progress }) {
  const some = chunksOf(englishClips(clips));
  // An even number, so that no slot waits for the other at the end.
  const chunks = [...some, ...some].slice(0, quick ? 4 : 16);
  const figures = [];
  const rows = [];
  for (const model of MODELS) {
    const { path, fileKey, alignment } = await resolveModel(model);
    const use = { path, fileKey, alignment, flashAttention: false, gpu: false, threads: 1 };
    const pools = { thread: new SlotPool(SLOTS), process: new ProcessPool(SLOTS) };
    try {
      await pools.thread.load(use);
      await pools.process.load(use);
      const texts = {
        thread: await decodeAll(pools.thread, use, chunks),
        process: await decodeAll(pools.process, use, chunks),
      };
      const different = texts.thread.filter((text, at) => text !== texts.process[at]).length;
      progress(`${model}: ${chunks.length} chunks on threads and in a process`);
      const pairs = await interleaved({
        a: () => timed(() => decodeAll(pools.thread, use, chunks)),
        b: () => timed(() => decodeAll(pools.process, use, chunks)),
        rounds: quick ? 2 : ROUNDS,
        progress,
      });
      const costs = spreadOf(pairs.map(({ a, b }) => b / a));
      const name = `seconds in a process / on threads, ${CHUNK_SECONDS} s chunks, ${model}`;
      figures.push(
        figure(name, 'ratio', costs.median, atMost(1.03), costs),
        figure(`chunks with another text, ${model}`, 'count', different, exactly(0)),
      );
      const [thread, process] = [spreadOf(pairs.map(({ a }) => a)).median, spreadOf(pairs.map(({ b }) => b)).median];
      rows.push([model, chunks.length, thread, process, (1000 * (process - thread) * SLOTS) / chunks.length]);
    } finally {
      await pools.thread.close();
      await pools.process.close();
    }
  }
  const columns = ['model', 'chunks', 'threads s', 'process s', 'a chunk is in a slot longer by ms'];
  return {
    figures,
    tables: [{ title: 'Isolation, medians', columns, rows }],
    notes: [
      `Isolation: ${SLOTS} slots of one thread, q8_0, greedy; ${chunks.length} chunks of ${CHUNK_SECONDS} s of the English clips, each slot given the next as soon as it is free. Both ways hold the model all the time, and decode by turns.`,
    ],
  };
}

/**
 * The clips one after the other, cut every 8 s.
 *
 * @param {readonly import('../clips.mjs').Clip[]} clips
 * @returns {Chunk[]}
 */
function chunksOf(clips) {
  const bytes = Buffer.concat(
    clips
      .map((clip) => readSpokenClip(clip, seededRandom(0)))
      .map(({ bytes, frames }) => bytes.subarray(0, frames * FRAME_BYTES)),
  );
  const length = CHUNK_SECONDS * SAMPLE_RATE;
  return Array.from({ length: Math.floor(bytes.length / 2 / length) }, (_, at) => {
    const pcm = new Float32Array(new SharedArrayBuffer(4 * length));
    for (let sample = 0; sample < length; sample += 1) {
      pcm[sample] = bytes.readInt16LE(2 * (at * length + sample)) / 32_768;
    }
    return {
      pcm,
      speechEndSeconds: CHUNK_SECONDS,
      language: 'en',
      translate: false,
      prompt: '',
      words: false,
      beamSize: 1,
      encoderContext: 'sized',
      deadlineAtSeconds: systemClock.nowSeconds() + 3600,
    };
  });
}

/**
 * @param {DecodingPool} pool
 * @param {import('../../dist/provider/recognition.js').ModelUse} use
 * @param {readonly Chunk[]} chunks
 */
async function decodeAll(pool, use, chunks) {
  /** @type {string[]} */
  const texts = [];
  const waiting = chunks.entries();
  const slot = async () => {
    for (const [at, chunk] of waiting) {
      const { recognition } = await pool.decode(use, chunk).outcome;
      texts[at] = textOf(recognition.segments);
    }
  };
  await Promise.all(Array.from({ length: pool.slots }, slot));
  return texts;
}
