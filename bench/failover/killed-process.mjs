import { setTimeout as sleep } from 'node:timers/promises';
import { Engine } from '../../dist/engine/engine.js';
import { prepareParts } from '../../dist/engine/parts.js';
import { ProcessPool } from '../../dist/pool/process-pool.js';
import { englishClips } from '../clips.mjs';
import { runLevel } from '../live/level.mjs';
import { readSpokenClip } from '../live/spoken-clip.mjs';
import { canLookAtProcesses, childProcesses } from '../processes.mjs';
import { atMost, exactly, figure, missing } from '../result.mjs';
import { quantile, seededRandom, spreadOf } from '../spread.mjs';
import { Killer } from './killer.mjs';
import { watchedTexts } from './watched-texts.mjs';

const SOURCES = 4;
const WARM_UP_SECONDS = 10;
const FULL = { seconds: 120, everySeconds: 5, stops: 3 };
const QUICK = { seconds: 15, everySeconds: 5, stops: 1 };

/**
 * The decoding process is killed again and again under live sources, and made to stand still.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureKilledProcess({ clips, quick, progress }) {
  if (!canLookAtProcesses) {
    return {
      figures: [missing('recovery from kill -9', 'processes can only be looked at on Linux')],
      tables: [],
      notes: [],
    };
  }
  const pace = quick ? QUICK : FULL;
  const parts = await prepareParts({
    model: 'tiny.en',
    slots: 2,
    threadsPerSlot: 1,
    language: 'en',
    isolation: 'process',
  });
  const engine = new Engine(parts);
  engine.model.load();
  await engine.model.ready();
  if (!(parts.pool instanceof ProcessPool)) throw new Error('The engine does not decode in a process of its own.');
  const killer = new Killer(parts.pool, engine);
  const texts = watchedTexts(engine);
  const spoken = englishClips(clips).map((clip, i) => readSpokenClip(clip, seededRandom(i)));
  const common = { engine, model: 'tiny.en', clips: spoken, sources: SOURCES, partials: true, progress };
  try {
    const killing = killer.killEvery(pace.everySeconds, WARM_UP_SECONDS, pace.seconds);
    const level = await runLevel({ ...common, warmUpSeconds: WARM_UP_SECONDS, seconds: pace.seconds });
    const { kills, zombies, descriptors } = await killing;
    await sleep(1000);
    const recovered = kills.flatMap(({ recoverySeconds }) => recoverySeconds);
    progress(`${kills.length} kills that struck ${recovered.length} decodes`);
    const gaps = Object.values(level.gaps).reduce((sum, { count }) => sum + count, 0);

    /** @type {number[]} */
    const noticed = [];
    const standing = killer.stopAgain(pace.stops, noticed);
    // Texts are late while it stands still; that is no reason to end.
    await runLevel({ ...common, finishesClips: true, warmUpSeconds: 2, seconds: 8 * pace.stops });
    await standing;
    return {
      figures: [
        figure(
          `kill -9 every ${pace.everySeconds} s: utterances lost`,
          'count',
          gaps + level.errors.length,
          exactly(0),
        ),
        figure('audio refused', 'frames', level.refused, exactly(0)),
        figure('finals told twice', 'count', texts.twice, exactly(0)),
        figure(
          'ledger: samples off balance, worst reading',
          'samples',
          Math.max(level.imbalance, level.endImbalance, level.endUnsettled),
          exactly(0),
        ),
        figure(
          'recovery p95, from the kill to the text of a decode that it struck',
          's',
          quantile(recovered, 0.95),
          atMost(1.5),
          spreadOf(recovered),
        ),
        figure('zombies, looked for before each kill', 'count', zombies, exactly(0)),
        figure(
          'descriptors before the last kill / before the first',
          'ratio',
          (descriptors.at(-1) ?? Number.NaN) / (descriptors[0] ?? Number.NaN),
          atMost(1),
        ),
        figure('SIGSTOP: from the signal to the death of the process, worst', 's', Math.max(...noticed), atMost(3)),
        figure('children after the engine is closed', 'count', await childrenAfter(engine), exactly(0)),
      ],
      tables: [
        {
          title: 'kill -9 of the decoding process',
          columns: [
            'kills',
            'decodes struck',
            'recovery p50 s',
            'p95 s',
            'worst s',
            'finals',
            'p95 of finals s',
            'restarts',
          ],
          rows: [
            [
              kills.length,
              recovered.length,
              quantile(recovered, 0.5),
              quantile(recovered, 0.95),
              Math.max(...recovered),
              level.finals.count,
              level.finals.written.p95,
              level.decodes.restarts,
            ],
          ],
        },
      ],
      notes: [
        `kill -9: ${SOURCES} live sources at real time with partials on tiny.en q8_0, two slots of one thread, for ${pace.seconds} s. Every ${pace.everySeconds} s the process is killed as soon as it decodes something. A decode is struck when it is under way then; it has recovered when its text is there, the restart, the load of the model and its turn included.`,
        'SIGSTOP: the process stands still; a heartbeat notices, and it is killed and replaced. The time is to the death.',
      ],
    };
  } finally {
    await engine.close({ force: true });
  }
}

/** @param {Engine} engine */
async function childrenAfter(engine) {
  await engine.close();
  return childProcesses().length;
}
