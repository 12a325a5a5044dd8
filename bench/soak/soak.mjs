import { setMaxListeners } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Engine } from '../../dist/engine/engine.js';
import { prepareParts } from '../../dist/engine/parts.js';
import { ProcessPool } from '../../dist/pool/process-pool.js';
import { Killer } from '../failover/killer.mjs';
import { watchedTexts } from '../failover/watched-texts.mjs';
import { readSpokenClip } from '../live/spoken-clip.mjs';
import { childProcesses } from '../processes.mjs';
import { seededRandom } from '../spread.mjs';
import { Accounts } from './accounts.mjs';
import { nameOf, perform } from './acts.mjs';
import { longRecording } from './file-jobs.mjs';
import { Outcomes } from './outcomes.mjs';
import { pause } from './pause.mjs';
import { schedule } from './schedule.mjs';
import { Stage } from './stage.mjs';
import { Watch } from './watch.mjs';

/** The other that is switched to is `tiny.en`. */
export const FIRST_MODEL = 'base';
const LOOK_SECONDS = 1;
const SAY_SECONDS = 30;
/** Whatever was begun has this long to settle when nothing more is begun. */
export const SETTLE_SECONDS = 180;
const CLOSE_SECONDS = 30;
const CLOSED = 'engine closed';
/** Memory counts from then on, or from a quarter of a short run. */
const WARM_UP_SECONDS = 300;

/** @typedef {Awaited<ReturnType<typeof soak>>} Soaked */

/**
 * @typedef {object} SoakOptions
 * @property {readonly import('../clips.mjs').Clip[]} clips
 * @property {number} seconds
 * @property {number} seed
 * @property {number} burstSources that come in a burst, every five minutes
 * @property {import('../../dist/engine/options.js').EngineOptions['isolation']} isolation
 * @property {AbortSignal} signal ends it early
 * @property {(line: string) => void} progress
 */

/**
 * What acts are done with.
 *
 * @typedef {object} World
 * @property {Engine} engine
 * @property {ProcessPool | undefined} pool undefined where the slots are threads
 * @property {Killer | undefined} killer
 * @property {readonly import('../live/spoken-clip.mjs').SpokenClip[]} clips
 * @property {Int16Array} longSamples
 * @property {Stage} stage
 * @property {Accounts} accounts
 * @property {Outcomes} outcomes
 * @property {AbortSignal} closing nothing more is begun, and nobody stays
 * @property {{ recoveryMs: import('node:perf_hooks').RecordableHistogram, model: typeof FIRST_MODEL | 'tiny.en' }} notes
 */

/**
 * Everything at once on one engine, for as long as it is told.
 *
 * @param {SoakOptions} options
 */
export async function soak(options) {
  const before = process.env['TMPDIR'];
  const folder = await mkdtemp(join(tmpdir(), 'whisperpool-soak-'));
  // What is left there is the engine's.
  process.env['TMPDIR'] = folder;
  try {
    return await soakIn(folder, options);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} folder
 * @param {SoakOptions} options
 */
async function soakIn(folder, options) {
  const { seconds, seed, burstSources, isolation, signal, progress } = options;
  const outcomes = new Outcomes(progress);
  const stopListening = listenToProcess(outcomes);
  const startMs = performance.now();
  const atSeconds = () => (performance.now() - startMs) / 1000;
  const closing = new AbortController();
  // Everybody who is there waits for it.
  setMaxListeners(0, closing.signal);
  const world = await build(options, outcomes, closing.signal);
  const { engine, accounts, stage } = world;
  const slots = engine.plan.slots;
  const texts = watchedTexts(engine);
  const steps = watchLadder(engine, outcomes);
  const warmUpSeconds = Math.min(WARM_UP_SECONDS, seconds / 4);
  const watch = new Watch(world, warmUpSeconds);
  const looking = setInterval(() => {
    watch.look(atSeconds());
    // When each was told is not asked for here, and would grow.
    texts.toldAtMs.length = 0;
  }, 1000 * LOOK_SECONDS);
  const say = () => progress(stateLine(atSeconds(), world, watch, texts.twice));
  const saying = setInterval(say, 1000 * SAY_SECONDS);
  progress(`seed ${seed}, ${slots} slots, bursts of ${burstSources}, ${isolation}, for ${Math.round(seconds)} s`);

  for (const act of schedule({ seed, slots, burstSources })) {
    if (act.atSeconds > seconds) break;
    await pause(Math.max(0, act.atSeconds - atSeconds()), signal);
    if (signal.aborted) break;
    void outcomes.follow(nameOf(act), perform(act, world));
  }
  await pause(Math.max(0, seconds - atSeconds()), signal);
  const lastedSeconds = atSeconds();
  say();
  progress(`after ${Math.round(lastedSeconds)} s nothing more is begun`);

  watch.stopMeasuring();
  closing.abort();
  await settled(outcomes, SETTLE_SECONDS);
  const unsettled = outcomes.pending;
  progress(`${Math.round(atSeconds() - lastedSeconds)} s later ${unsettled.join(', ') || 'nothing'} is under way`);
  clearInterval(saying);
  clearInterval(looking);
  stage.close();
  // What is being closed has its turn.
  await sleep(1000);
  watch.count(atSeconds());
  const { telemetry } = engine.snapshot();
  await closed(engine, outcomes, unsettled.length > 0);
  const left = { files: await readdir(folder), children: childProcesses().length };
  stopListening();
  return {
    seed,
    burstSources,
    isolation,
    slots,
    askedSeconds: seconds,
    lastedSeconds,
    warmUpSeconds,
    isCut: signal.aborted,
    accounts,
    outcomes,
    watch,
    steps,
    twice: texts.twice,
    recoveryMs: world.notes.recoveryMs,
    unsettled: [...unsettled, ...outcomes.pending.filter((what) => what === CLOSED)],
    telemetry,
    left,
  };
}

/**
 * @param {SoakOptions} options
 * @param {Outcomes} outcomes
 * @param {AbortSignal} closing
 * @returns {Promise<World>}
 */
async function build({ clips, isolation }, outcomes, closing) {
  const parts = await prepareParts({ model: FIRST_MODEL, language: 'en', isolation, sessionLimit: 200 });
  const engine = new Engine(parts);
  engine.model.load();
  await engine.model.ready();
  const pool = parts.pool instanceof ProcessPool ? parts.pool : undefined;
  const spoken = clips.map((clip, i) => readSpokenClip(clip, seededRandom(i)));
  return {
    engine,
    pool,
    killer: pool && new Killer(pool, engine),
    clips: spoken,
    longSamples: longRecording(spoken),
    stage: new Stage((line) => outcomes.surprise(line)),
    accounts: new Accounts(outcomes),
    outcomes,
    closing,
    notes: { recoveryMs: createHistogram(), model: FIRST_MODEL },
  };
}

/**
 * @param {Engine} engine
 * @param {Outcomes} outcomes
 * @param {boolean} force
 */
async function closed(engine, outcomes, force) {
  const closing = outcomes.follow(CLOSED, engine.close({ force }));
  await Promise.race([closing, sleep(1000 * CLOSE_SECONDS, undefined, { ref: false })]);
  // Whoever waited for the engine's end has its turn.
  await sleep(500);
}

/**
 * @param {Engine} engine
 * @param {Outcomes} outcomes
 */
function watchLadder(engine, outcomes) {
  const steps = { down: 0, up: 0, deepest: 0 };
  engine.on('plan', ({ from, to }) => {
    if (to > from) steps.down += 1;
    else steps.up += 1;
    steps.deepest = Math.max(steps.deepest, to);
  });
  engine.on('error', (error) => outcomes.surprise(`the ladder: ${error.message}`));
  return steps;
}

/**
 * What nobody caught, and what Node warns of.
 *
 * @param {Outcomes} outcomes
 */
function listenToProcess(outcomes) {
  const onRejection = (/** @type {unknown} */ reason) => {
    outcomes.surprise(`a rejection that nobody handled: ${reason instanceof Error ? reason.stack : String(reason)}`);
  };
  const onException = (/** @type {Error} */ error) => outcomes.surprise(`nobody caught: ${error.stack}`);
  const onWarning = (/** @type {Error} */ warning) =>
    outcomes.surprise(`a warning: ${warning.name}: ${warning.message}`);
  process.on('unhandledRejection', onRejection).on('uncaughtException', onException).on('warning', onWarning);
  return () => {
    process.off('unhandledRejection', onRejection).off('uncaughtException', onException).off('warning', onWarning);
  };
}

/**
 * @param {Outcomes} outcomes
 * @param {number} seconds at most
 */
async function settled(outcomes, seconds) {
  for (let tenths = 0; tenths < 10 * seconds && outcomes.pending.length > 0; tenths += 1) await sleep(100);
}

/**
 * @param {number} atSeconds
 * @param {World} world
 * @param {Watch} watch
 * @param {number} twice
 */
function stateLine(atSeconds, { accounts, outcomes }, { last, zombies }, twice) {
  const { rss, sources, queuedSeconds, rung, model } = last;
  const troubles = `lost ${accounts.of.critical.lostSamples}, off balance ${accounts.imbalance}, twice ${twice}, zombies ${zombies}, surprises ${outcomes.surprised}`;
  return `${Math.round(atSeconds)} s: ${model}, rung ${rung}, ${sources} sources with ${queuedSeconds.toFixed(1)} s queued, ${outcomes.pending.length} under way, ${rss.toFixed(0)} MiB; ${troubles}`;
}
