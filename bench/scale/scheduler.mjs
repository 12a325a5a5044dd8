import { systemClock } from '../../dist/clock.js';
import { Scheduler } from '../../dist/scheduler/scheduler.js';
import { linePlot } from '../plot.mjs';
import { figure } from '../result.mjs';
import { quantile } from '../spread.mjs';
import { growthOf } from './bend.mjs';
import { growthText } from './growth-text.mjs';

const LANES = [1, 10, 50, 100, 200, 350, 500];
const SLOTS = 8;
const WAITING = 2;
const HAND_OUTS = { full: 4000, quick: 1000 };
const TRIALS = 5;

/**
 * What it costs to hand chunks out, when every source has some that wait.
 *
 * @param {import('../result.mjs').Run} run
 */
export async function measureScheduler({ quick, progress }) {
  const rows = [];
  for (const lanes of LANES) {
    const trials = [];
    for (let trial = 0; trial < TRIALS; trial += 1)
      trials.push(await handOut(lanes, HAND_OUTS[quick ? 'quick' : 'full']));
    rows.push({
      lanes,
      microseconds: quantile(
        trials.map((trial) => trial.microseconds),
        0.5,
      ),
      queuesMs: quantile(
        trials.map((trial) => trial.queuesMs),
        0.5,
      ),
    });
  }
  progress(`scheduler: ${rows.map(({ lanes, microseconds }) => `${lanes}: ${microseconds.toFixed(1)} µs`).join(', ')}`);
  const growth = growthOf(rows.map(({ lanes, microseconds }) => [lanes, microseconds]));
  return {
    laneMicroseconds: growth.kind === 'linear' ? growth.slope : growth.slopeAfter,
    plots: {
      scheduler: linePlot({
        title: 'Handing one chunk to a slot',
        x: { label: 'sources, each with work that waits' },
        y: { label: 'µs of the main thread' },
        series: [{ name: 'a chunk', points: rows.map(({ lanes, microseconds }) => [lanes, microseconds]) }],
      }),
    },
    findings: {
      figures: [
        figure(
          `handing a chunk out, ${LANES.at(-1)} sources that all wait`,
          'µs',
          rows.at(-1)?.microseconds ?? Number.NaN,
        ),
      ],
      tables: [
        {
          title: 'The scheduler by itself',
          columns: ['sources', 'a chunk: submitted, handed out, noticed, µs', 'one look at all queues, ms'],
          rows: rows.map(({ lanes, microseconds, queuesMs }) => [lanes, microseconds, queuesMs]),
        },
      ],
      notes: [
        `Scheduler: the real one with ${SLOTS} slots that are done at once; ${WAITING} utterances of every source wait all the time. Medians of ${TRIALS} trials. Microseconds of a chunk ${growthText(growth, 'source')}: each is chosen by a look at the head of every queue that waits.`,
      ],
    },
  };
}

/**
 * @param {number} lanes
 * @param {number} handOuts
 */
async function handOut(lanes, handOuts) {
  const slots = new DoneAtOnce();
  const scheduler = new Scheduler(slots, systemClock);
  const open = Array.from({ length: lanes }, () => scheduler.openLane({ priority: 'normal' }));
  const submit = (/** @type {number} */ at) => open[at % lanes]?.submit(WORK);
  for (let at = 0; at < Math.max(SLOTS, WAITING * lanes); at += 1) submit(at);
  await settled();
  const startMs = performance.now();
  for (let at = 0; at < handOuts; at += SLOTS) {
    for (let more = 0; more < SLOTS; more += 1) submit(at + more);
    slots.finish();
    await settled();
  }
  const microseconds = (1000 * (performance.now() - startMs)) / handOuts;
  const lookMs = performance.now();
  scheduler.queues();
  return { microseconds, queuesMs: performance.now() - lookMs };
}

/** Slots whose decodes end when they are told to. */
class DoneAtOnce {
  slots = SLOTS;
  /** @type {(() => void)[]} */
  #ends = [];

  /** @returns {import('../../dist/provider/decode.js').Decode} */
  decode() {
    const outcome = new Promise((resolve) => {
      this.#ends.push(() => resolve({ recognition: RECOGNITION, startedAtSeconds: systemClock.nowSeconds() }));
    });
    return { outcome: /** @type {Promise<any>} */ (outcome), stop: () => undefined };
  }

  finish() {
    for (const end of this.#ends.splice(0)) end();
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** @type {any} */
const RECOGNITION = {
  segments: [],
  language: 'en',
  noSpeechProbability: 0,
  temperature: 0,
  encoderContext: 0,
  decodeSeconds: 0.1,
};
/** @type {import('../../dist/scheduler/work.js').Work} */
const WORK = {
  kind: 'final',
  audioSeconds: 4,
  dueAtSeconds: Number.POSITIVE_INFINITY,
  chunk: () => /** @type {any} */ ({ pcm: new Float32Array(0), deadlineAtSeconds: Number.POSITIVE_INFINITY }),
};
