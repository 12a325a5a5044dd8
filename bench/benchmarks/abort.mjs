import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine, EngineError } from '../../dist/index.js';
import { clipNamed } from '../clips.mjs';
import { Direct } from '../direct.mjs';
import { modelPath, vadPath } from '../models.mjs';
import { atMost, figure } from '../result.mjs';
import { quantile, seededRandom, spreadOf } from '../spread.mjs';

const SEED = 20240611;
const MARGIN = 0.1; // of a phase's length, kept away from its edges
const MOST_LATE = 3; // for each abort in time
const PLACE_AGAIN_AFTER = 10; // aborts, because a shared machine changes its speed

/** @type {readonly { encoderContext: 'sized' | 'full', phases: readonly ('encode' | 'decode')[] }[]} */
const SERIES = [
  { encoderContext: 'sized', phases: ['encode', 'decode'] },
  { encoderContext: 'full', phases: ['encode'] }, // the largest graphs there are; its decode is no different
];

/**
 * @typedef {object} Series
 * @property {import('../../dist/index.js').Engine} engine
 * @property {import('../direct.mjs').Direct} direct
 * @property {import('../clips.mjs').Clip} clip
 * @property {'encode' | 'decode'} phase
 * @property {'sized' | 'full'} encoderContext
 * @property {() => number} random
 */

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Abort: from `controller.abort()` to the settled promise',
  measure: (run) => measureAborts(run, run.quick ? 5 : 60),
};

/**
 * @param {import('../result.mjs').Run} run
 * @param {number} aborts in each series
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureAborts({ clips, progress }, aborts) {
  const clip = clipNamed(clips, 'jfk');
  const random = seededRandom(SEED);
  const direct = new Direct(modelPath('base'), vadPath());
  const figures = [];
  const rows = [];
  for (const { encoderContext, phases } of SERIES) {
    const engine = await createEngine({ model: 'base', slots: 1, threadsPerSlot: 1, language: 'en', encoderContext });
    try {
      const expected = (await engine.transcribe(clip.path)).text;
      for (const phase of phases) {
        progress(`${aborts} aborts in mid-${phase}, encoder context ${encoderContext}`);
        const series = { engine, direct, clip, phase, encoderContext, random };
        const { milliseconds, late } = await abortOften(series, aborts);
        const after = (await engine.transcribe(clip.path)).text;
        if (after !== expected) throw new Error(`After the aborts the engine hears something else: ${after}`);
        const spread = spreadOf(milliseconds);
        const p99 = quantile(milliseconds, 0.99);
        const name = `abort to settled promise, p99, mid-${phase}, base, encoder context ${encoderContext}`;
        figures.push(figure(name, 'ms', p99, atMost(80), spread));
        rows.push([`mid-${phase}`, encoderContext, spread.count, late, spread.median, p99, spread.maximum]);
      }
    } finally {
      await engine.close();
    }
  }
  direct.close();
  const columns = ['phase', 'encoder context', 'aborts', 'came too late', 'p50', 'p99', 'maximum'];
  return {
    figures,
    tables: [{ title: 'Milliseconds', columns, rows }],
    notes: [
      `Moments are drawn (seed ${SEED}) from the middle ${100 - 200 * MARGIN} % of the phase; where it lies in a call is measured again every ${PLACE_AGAIN_AFTER} aborts. An abort that finds its text already there counts as too late and is drawn again.`,
      'Every promise rejected with code `ABORTED`, and after each series the same clip gave the same text as before it.',
      'base q8_0, one slot of one thread, the 11 s clip. The spread is over the aborts, not over runs.',
    ],
  };
}

/**
 * @param {Series} series
 * @param {number} count
 */
async function abortOften(series, count) {
  /** @type {number[]} */
  const milliseconds = [];
  let late = 0;
  let place = await placeOf(series);
  while (milliseconds.length < count) {
    if ((milliseconds.length + late) % PLACE_AGAIN_AFTER === 0) place = await placeOf(series);
    const share = MARGIN + (1 - 2 * MARGIN) * series.random();
    const latency = await abortOnce(series, place.startSeconds + share * place.lengthSeconds);
    if (latency === undefined) late += 1;
    else milliseconds.push(latency);
    if (late > MOST_LATE * count) throw new Error('Most aborts come too late: the phase could not be placed.');
  }
  return { milliseconds, late };
}

/**
 * Where the phase lies in a call at this moment, in seconds from the call: the engine says how long its decode took,
 * the addon how a decode divides.
 *
 * @param {Series} series
 */
async function placeOf({ engine, direct, clip, phase, encoderContext }) {
  const { timings } = await engine.transcribe(clip.path);
  const frames = encoderContext === 'full' ? 0 : timings.encoderContext;
  const parts = direct.decode(direct.readAudio(clip.path), frames);
  const scale = timings.decodeSeconds / parts.totalSeconds;
  const encodeStart = timings.totalSeconds - timings.decodeSeconds + scale * parts.melSeconds;
  return phase === 'encode'
    ? { startSeconds: encodeStart, lengthSeconds: scale * parts.encodeSeconds }
    : { startSeconds: encodeStart + scale * parts.encodeSeconds, lengthSeconds: scale * parts.decodeSeconds };
}

/**
 * @param {Series} series
 * @param {number} afterSeconds
 * @returns {Promise<number | undefined>} milliseconds; undefined when the transcript came first
 */
async function abortOnce({ engine, clip }, afterSeconds) {
  const controller = new AbortController();
  let settledAt = Number.NaN;
  const outcome = engine
    .transcribe(clip.path, { signal: controller.signal })
    .then(
      () => 'transcribed',
      (/** @type {unknown} */ error) => (error instanceof EngineError ? error.code : String(error)),
    )
    .finally(() => {
      settledAt = performance.now();
    });
  await sleep(afterSeconds * 1000);
  const abortedAt = performance.now();
  controller.abort();
  const how = await outcome;
  if (how === 'transcribed') return undefined;
  if (how !== 'ABORTED') throw new Error(`An aborted transcription ended with ${how}.`);
  return settledAt - abortedAt;
}
