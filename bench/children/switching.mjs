// Another model again and again while work goes on: switching.mjs ROUNDS CALM_SECONDS
import { setTimeout as wait } from 'node:timers/promises';
import { createEngine } from '../../dist/index.js';
import { loadAddon } from '../../dist/provider/addon.js';
import { englishClips, readClips } from '../clips.mjs';
import { MODELS } from '../models.mjs';
import { timed } from '../spread.mjs';
import { expectedPhrases, missingPhrases } from '../switching/expected-phrases.mjs';
import { readMemory } from '../switching/process-memory.mjs';
import { Stream } from '../switching/stream.mjs';
import { report } from './report.mjs';

/** @typedef {import('../models.mjs').ModelName} ModelName */

const SLOTS = 2;
const UNDER_WAY = 3; // more than slots, so that none is ever idle
const FREEING_TRIES = 500;

const [rounds = '50', calmSeconds = '30'] = process.argv.slice(2);
const [home, away] = MODELS;
const clips = englishClips(readClips());
const addon = loadAddon();
const engine = await createEngine({ model: home, slots: SLOTS, threadsPerSlot: 1, language: 'en' });

const atHome = await transcribeAll();
await engine.switchModel(away);
const abroad = await transcribeAll();
const phrases = new Map(
  clips.map(({ id, reference }) => [id, expectedPhrases(reference, [atHome.get(id) ?? '', abroad.get(id) ?? ''])]),
);

/** @type {string[]} */
const incomplete = [];
/** @type {{ to: ModelName, seconds: number }[]} */
const switches = [];
const memory = [];
const stream = new Stream(engine, clips, UNDER_WAY);
const calm = [await calmSpeeds()];
const readsBefore = addon.contextStatistics().weightsRead;
let transcripts = 0;
let mixed = 0;
let seconds = 0;
const audioSeconds = { [home]: 0, [away]: 0 };
for (let round = 1; round <= Number(rounds); round += 1) {
  stream.start();
  seconds += await timed(async () => {
    await change(away);
    // Every second time back at once, while decodes of before are under way.
    if (round % 2 === 0) await stream.more(2);
    await change(home);
    await stream.more(2);
    if (isReading(round)) await stream.stop();
  });
  if (!isReading(round)) continue;
  const heard = examine();
  transcripts += heard.length;
  mixed += heard.filter(({ models }) => models.length > 1).length;
  for (const model of MODELS) audioSeconds[model] += audioSecondsOf(heard, model);
  const open = await openWhenFreed();
  await sameWork();
  memory.push({ round, open, ...readMemory() });
}
const reads = addon.contextStatistics().weightsRead - readsBefore;
calm.push(await calmSpeeds());
const open = await openWhenFreed();
await engine.close();
report({
  phrases: [...phrases.values()].flat().length,
  transcripts,
  mixed,
  incomplete,
  errors: stream.errors,
  switches,
  reads,
  memory,
  calm,
  seconds,
  audioSeconds,
  open,
  openAfterClose: addon.contextStatistics().open,
});

/**
 * @param {number} round
 * @returns {boolean} whether memory is read after it
 */
function isReading(round) {
  return round === 5 || round % 10 === 0;
}

/** Seconds of audio that each model does per second of wall time while nothing else happens. */
async function calmSpeeds() {
  /** @type {Record<string, number>} */
  const speeds = {};
  stream.start();
  for (const model of [away, home]) {
    await engine.switchModel(model);
    await stream.more(UNDER_WAY);
    examine();
    const passed = await timed(() => wait(1000 * Number(calmSeconds)));
    speeds[model] = audioSecondsOf(examine(), model) / passed;
  }
  await stream.stop();
  examine();
  return speeds;
}

/** @param {ModelName} model */
async function change(model) {
  const passed = await timed(() => engine.switchModel(model));
  switches.push({ to: model, seconds: passed });
}

/** What was heard since the last time, looked through for what is missing. */
function examine() {
  const taken = stream.take();
  for (const { clip, text, models } of taken) {
    const lost = missingPhrases(text, phrases.get(clip.id) ?? []);
    if (lost.length > 0) incomplete.push(`${clip.id} by ${models.join(' and ')} lacks “${lost.join('”, “')}”: ${text}`);
  }
  return taken;
}

/**
 * A recording that more than one model worked on counts for each in equal parts.
 *
 * @param {ReturnType<typeof examine>} heard
 * @param {ModelName} model
 */
function audioSecondsOf(heard, model) {
  const shares = heard.map(({ clip, models }) => (models.includes(model) ? clip.seconds / models.length : 0));
  return shares.reduce((sum, share) => sum + share, 0);
}

/** How many models are in memory when those that no longer serve have had the time to be freed. */
async function openWhenFreed() {
  for (let i = 0; i < FREEING_TRIES && addon.contextStatistics().open > 1; i += 1) await wait(10);
  return addon.contextStatistics().open;
}

/** How much memory a state has touched depends on the longest piece that it has decoded: before reading, the same for all. */
async function sameWork() {
  const [longest] = clips.toSorted((a, b) => b.seconds - a.seconds);
  for (let i = 0; i < 2; i += 1) {
    await Promise.all(Array.from({ length: SLOTS }, () => engine.transcribe(longest?.path ?? '')));
  }
}

async function transcribeAll() {
  const results = await Promise.all(clips.map(({ path }) => engine.transcribe(path)));
  return new Map(clips.map(({ id }, i) => [id, results[i]?.text]));
}
