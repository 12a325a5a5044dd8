import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../spread.mjs';
import { imbalance, readBooks } from './books.mjs';
import { Observer } from './observer.mjs';
import { Player } from './player.mjs';
import { Playlist } from './playlist.mjs';
import { ClipSpeaker } from './speaker.mjs';
import { SAMPLE_RATE } from './spoken-clip.mjs';
import { latenciesOf, overloadReason } from './verdict.mjs';

/** @typedef {import('../../dist/index.js').Engine} Engine */

const SOURCES_A_SESSION = 4;
const LOOP_RESOLUTION_MS = 1;
/** Sources go on for so long after the part that counts, so that its last texts come under the same load. */
const TAIL_SECONDS = 2.5;
const FORMAT = /** @type {const} */ ({ encoding: 's16le', sampleRate: 16_000 });

/**
 * @typedef {object} LevelOptions
 * @property {Engine} engine
 * @property {string} model
 * @property {readonly import('./spoken-clip.mjs').SpokenClip[]} clips
 * @property {number} sources
 * @property {boolean} partials
 * @property {number} warmUpSeconds not counted
 * @property {number} seconds
 * @property {boolean} [finishesClips] each source says its last clip to the end
 * @property {(line: string) => void} progress
 */

/** @typedef {Awaited<ReturnType<typeof runLevel>>} Level */

/**
 * So many sources at real time for a while.
 *
 * @param {LevelOptions} options
 */
export async function runLevel(options) {
  const { engine, model, sources, partials, warmUpSeconds, seconds, progress } = options;
  progress(`${model}: ${sources} sources ${partials ? 'with' : 'without'} partials, ${warmUpSeconds} + ${seconds} s`);
  const { sessions, speakers, observer, player } = await open(options);
  player.start();
  await sleep(1000 * warmUpSeconds);

  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  const before = {
    atMs: performance.now(),
    cpu: process.cpuUsage(),
    decodes: decodesOf(engine),
    books: readBooks(speakers),
  };
  const watched = { imbalance: 0, readings: 0, busy: 0, firstRss: process.memoryUsage.rss(), rss: 0 };
  /** @type {string | undefined} */
  let overload;
  loop.enable();
  for (let second = 1; second <= seconds && !overload; second += 1) {
    await sleep(Math.max(0, before.atMs + 1000 * second - performance.now()));
    watched.imbalance = Math.max(watched.imbalance, imbalance(speakers));
    watched.busy += engine.snapshot().slots.busy;
    watched.readings += 1;
    watched.rss = Math.max(watched.rss, process.memoryUsage.rss());
    if (!options.finishesClips) {
      overload = overloadReason(speakers, latenciesOf(observer.silenced, before.atMs), { second, seconds });
    }
  }
  loop.disable();
  const passedSeconds = (performance.now() - before.atMs) / 1000;
  const endMs = performance.now();
  const cpu = process.cpuUsage(before.cpu);
  const decodes = difference(decodesOf(engine), before.decodes);
  const books = difference(readBooks(speakers), before.books);
  if (overload) progress(`  stopped: ${overload}`);
  else await sleep(1000 * TAIL_SECONDS);

  const texts = await end(options, { sessions, speakers, player, isHurried: overload !== undefined });
  const level = {
    model,
    sources,
    partials,
    seconds: passedSeconds,
    overload,
    finals: latenciesOf(observer.silenced, before.atMs, endMs),
    forced: latenciesOf(observer.forced, before.atMs, endMs),
    partialTexts: latenciesOf(observer.partials, before.atMs, endMs),
    slowest: slowestOf(observer.silenced, before.atMs, endMs),
    gaps: gapsOf(observer, before.atMs, endMs),
    errors: observer.errors,
    refused: speakers.reduce((sum, speaker) => sum + speaker.refused, 0),
    imbalance: watched.imbalance,
    endImbalance: imbalance(speakers),
    endUnsettled: Math.round(SAMPLE_RATE * (readBooks(speakers).queued + readBooks(speakers).spooled)),
    speechShare: 1 - books.silent / (books.heard - books.queued),
    cpuCores: (cpu.user + cpu.system) / 1e6 / passedSeconds,
    slotsBusy: watched.busy / watched.readings,
    loopMs: { p50: loop.percentile(50) / 1e6, p99: loop.percentile(99) / 1e6, maximum: loop.max / 1e6 },
    rss: { first: watched.firstRss / 2 ** 20, most: watched.rss / 2 ** 20 },
    decodes,
    streams: options.finishesClips ? speakers.map(({ playlist }, i) => ({ playlist, text: texts[i] ?? '' })) : [],
  };
  const { engine: byEngine, written, count } = level.finals;
  progress(
    `  ${count} finals after silence: p95 ${byEngine.p95.toFixed(2)} s by the engine, ${written.p95.toFixed(2)} s as written; ${level.forced.count} forced, ${level.partialTexts.count} partials`,
  );
  return level;
}

/** @param {LevelOptions} options */
async function open({ engine, clips, sources, partials, progress }) {
  const sessions = await Promise.all(
    Array.from({ length: Math.ceil(sources / SOURCES_A_SESSION) }, () =>
      engine.openSession(partials ? {} : { partialEverySeconds: false }),
    ),
  );
  const speakers = Array.from({ length: sources }, (_, i) => {
    const session = sessions[Math.floor(i / SOURCES_A_SESSION)];
    if (!session) throw new Error('There are too few sessions.');
    const playlist = new Playlist(clips, seededRandom(1000 + i));
    return new ClipSpeaker(session.addSource(`speaker-${i + 1}`, { format: FORMAT }), playlist);
  });
  const observer = new Observer(new Map(speakers.map((speaker) => [speaker.source.name, speaker])), progress);
  for (const session of sessions) observer.follow(session);
  return { sessions, speakers, observer, player: new Player(speakers, seededRandom(sources)) };
}

/**
 * @param {LevelOptions} options
 * @param {Pick<Awaited<ReturnType<typeof open>>, 'sessions' | 'speakers' | 'player'> & { isHurried: boolean }} running
 * @returns {Promise<string[]>} the text of each source
 */
async function end({ finishesClips }, { sessions, speakers, player, isHurried }) {
  if (finishesClips && !isHurried) {
    for (const { playlist } of speakers) playlist.finish();
    await Promise.all(speakers.map(({ finished }) => finished));
  }
  player.stop();
  const transcripts = await Promise.all(sessions.map((session) => (isHurried ? session.abort() : session.end())));
  return transcripts.flatMap(({ sources }) => sources.map(({ text }) => text));
}

/**
 * Decodes since the engine was made.
 *
 * @param {Engine} engine
 */
function decodesOf(engine) {
  const { decodes, sheds, restarts } = engine.snapshot().telemetry;
  return {
    finals: decodes.final.count,
    finalSeconds: decodes.final.decodeSeconds.sum,
    partials: decodes.partial.count,
    partialSeconds: decodes.partial.decodeSeconds.sum,
    retries: decodes.final.retries + decodes.partial.retries,
    sheds: Object.values(sheds).reduce((sum, count) => sum + count, 0),
    restarts: restarts.slot + restarts.listener,
  };
}

/**
 * @template {Record<string, number>} Counts
 * @param {Counts} after
 * @param {Counts} before
 * @returns {Counts}
 */
function difference(after, before) {
  const entries = Object.entries(after).map(([key, value]) => [key, value - (before[key] ?? 0)]);
  return /** @type {Counts} */ (Object.fromEntries(entries));
}

/**
 * Where the time of the slowest final went.
 *
 * @param {Observer['silenced']} finals
 * @param {number} fromMs
 * @param {number} toMs
 */
function slowestOf(finals, fromMs, toMs) {
  const counted = finals.filter(({ spokeLastAtMs }) => spokeLastAtMs >= fromMs && spokeLastAtMs < toMs);
  return counted.toSorted((a, b) => b.writtenSeconds - a.writtenSeconds)[0];
}

/**
 * Gaps by reason.
 *
 * @param {Observer} observer
 * @param {number} fromMs
 * @param {number} toMs
 */
function gapsOf({ gaps }, fromMs, toMs) {
  /** @type {Record<string, { count: number, seconds: number }>} */
  const byReason = {};
  for (const { reason, startSeconds, endSeconds, atMs } of gaps) {
    if (atMs < fromMs || (atMs > toMs && reason === 'aborted')) continue;
    byReason[reason] ??= { count: 0, seconds: 0 };
    byReason[reason].count += 1;
    byReason[reason].seconds += endSeconds - startSeconds;
  }
  return byReason;
}
