import { setTimeout as sleep } from 'node:timers/promises';
import { Engine } from '../../dist/engine/engine.js';
import { prepareParts } from '../../dist/engine/parts.js';
import { whisperCpp } from '../../dist/index.js';
import { ProcessPool } from '../../dist/pool/process-pool.js';
import { englishClips } from '../clips.mjs';
import { runLevel } from '../live/level.mjs';
import { readSpokenClip } from '../live/spoken-clip.mjs';
import { atMost, exactly, figure } from '../result.mjs';
import { seededRandom, spreadOf } from '../spread.mjs';
import { Breaker } from './breaker.mjs';
import { watchedTexts } from './watched-texts.mjs';

const SOURCES = 4;
const WARM_UP_SECONDS = 8;
const BROKEN_SECONDS = 8;
/** Of a round: broken, out until a trial goes well, and well for a while. */
const ROUND_SECONDS = 24;
const TRIAL_JOBS = 3;

/**
 * The first provider fails for good under live sources, and is healed.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureSecondProvider({ clips, quick, progress }) {
  const rounds = quick ? 1 : 5;
  const seconds = rounds * ROUND_SECONDS;
  const parts = await prepareParts({
    model: 'tiny.en',
    slots: 2,
    threadsPerSlot: 1,
    language: 'en',
    isolation: 'process',
    providers: ['whisper-cpp', whisperCpp({ name: 'second', model: 'tiny.en' })],
  });
  const engine = new Engine(parts);
  engine.model.load();
  await engine.model.ready();
  if (!(parts.pool instanceof ProcessPool)) throw new Error('The engine does not decode in a process of its own.');
  const breaker = new Breaker(parts.pool, engine);
  const texts = watchedTexts(engine);
  const spoken = englishClips(clips).map((clip, i) => readSpokenClip(clip, seededRandom(i)));
  const common = {
    engine,
    model: 'tiny.en',
    clips: spoken,
    sources: SOURCES,
    partials: true,
    finishesClips: true,
    progress,
  };
  try {
    const breaking = breakAgain(breaker, rounds);
    const level = await runLevel({ ...common, warmUpSeconds: WARM_UP_SECONDS, seconds });
    const outages = await breaking;
    const silences = outages.map(({ failedAtMs }) => {
      const next = texts.toldAtMs.find((atMs) => atMs > failedAtMs) ?? Number.POSITIVE_INFINITY;
      return (next - failedAtMs) / 1000;
    });
    const backs = outages.map(({ healedAtMs, backAtMs }) => (backAtMs - healedAtMs) / 1000);
    const gaps = Object.values(level.gaps).reduce((sum, { count }) => sum + count, 0);
    return {
      figures: [
        figure(
          'first provider fails for good: from its first failure to the next text, worst',
          's',
          Math.max(...silences),
          atMost(2),
          spreadOf(silences),
        ),
        figure('utterances lost', 'count', gaps + level.errors.length, exactly(0)),
        figure('audio refused', 'frames', level.refused, exactly(0)),
        figure('finals told twice', 'count', texts.twice, exactly(0)),
        figure(
          'ledger: samples off balance, worst reading',
          'samples',
          Math.max(level.imbalance, level.endImbalance, level.endUnsettled),
          exactly(0),
        ),
        figure(
          'synthetic jobs that it passed before it served again, worst',
          'count',
          Math.max(...outages.map(({ passedJobs }) => passedJobs)),
          exactly(TRIAL_JOBS),
        ),
        figure(
          'from when it was healed to when it serves again, worst',
          's',
          Math.max(...backs),
          undefined,
          spreadOf(backs),
        ),
      ],
      tables: [
        {
          title: 'Failover to a second provider',
          columns: ['outage', 'to the next text s', 'failures', 'out after s', 'jobs passed', 'back after s'],
          rows: outages.map(({ failedAtMs, outAtMs, failures, passedJobs }, i) => [
            i + 1,
            silences[i] ?? Number.NaN,
            failures,
            (outAtMs - failedAtMs) / 1000,
            passedJobs,
            backs[i] ?? Number.NaN,
          ]),
        },
        {
          title: 'Finals during it',
          columns: ['by the first', 'by the second', 'p50 s', 'p95 s'],
          rows: [
            [
              texts.finals['whisper-cpp'] ?? 0,
              texts.finals['second'] ?? 0,
              level.finals.written.p50,
              level.finals.written.p95,
            ],
          ],
        },
      ],
      notes: [
        `Second provider: ${SOURCES} live sources at real time with partials on tiny.en q8_0. The first is the engine's own whisper.cpp in a process, two slots of one thread; the second is the same on threads. For ${BROKEN_SECONDS} s in ${ROUND_SECONDS} the process is killed whenever a decode is given to it, synthetic jobs included. Trials come 5, 10, 20 s … after a failure: that, not the jobs, is the time until it is back.`,
      ],
    };
  } finally {
    await engine.close({ force: true });
  }
}

/**
 * @param {Breaker} breaker
 * @param {number} rounds
 */
async function breakAgain(breaker, rounds) {
  const startMs = performance.now() + 1000 * WARM_UP_SECONDS;
  const outages = [];
  for (let round = 0; round < rounds; round += 1) {
    await sleep(Math.max(0, startMs + 1000 * round * ROUND_SECONDS - performance.now()));
    outages.push(await breaker.breakFor(BROKEN_SECONDS));
  }
  return outages;
}
