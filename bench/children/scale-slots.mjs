// Throughput and memory with so many slots: scale-slots.mjs MODEL FOLDER SLOTS SECONDS
import { createEngine } from '../../dist/index.js';
import { readClips, shortEnglishClips } from '../clips.mjs';
import { quantile } from '../spread.mjs';
import { report, residentMebibytes } from './report.mjs';

const [model = '', folder = '', count = '1', duration = '1'] = process.argv.slice(2);
const slots = Number(count);
const clips = shortEnglishClips(readClips());
const engine = await createEngine({ model, modelFolders: [folder], slots, threadsPerSlot: 1, language: 'en' });
const warmed = residentMebibytes().now;
// The longest takes the most memory; every slot has had it.
const [longest] = clips.toSorted((one, other) => other.seconds - one.seconds);
await Promise.all(Array.from({ length: slots }, () => engine.transcribe(longest?.path ?? '')));

/** @type {number[]} */
const waits = [];
let audioSeconds = 0;
let next = 0;
const startMs = performance.now();
const endMs = startMs + 1000 * Number(duration);
// Two for each slot, so that none waits for work.
await Promise.all(Array.from({ length: 2 * slots }, () => feed()));
const passedSeconds = (performance.now() - startMs) / 1000;
report({
  throughput: audioSeconds / passedSeconds,
  p50: quantile(waits, 0.5),
  p95: quantile(waits, 0.95),
  warmed,
  ...residentMebibytes(),
});
await engine.close();

async function feed() {
  while (performance.now() < endMs) {
    const clip = clips[next % clips.length];
    next += 1;
    if (!clip) throw new Error('There are no short English clips.');
    const { timings } = await engine.transcribe(clip.path);
    audioSeconds += clip.seconds;
    waits.push(timings.decodeSeconds);
  }
}
