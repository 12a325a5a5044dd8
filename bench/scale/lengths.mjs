import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runChild } from '../children/child.mjs';
import { englishClips } from '../clips.mjs';
import { readSpokenClip, SAMPLE_RATE } from '../live/spoken-clip.mjs';
import { linePlot } from '../plot.mjs';
import { figure, missing } from '../result.mjs';
import { seededRandom } from '../spread.mjs';
import { wavHeader } from '../wav-header.mjs';
import { levelsOffAt } from './bend.mjs';
import { murmurOf } from './murmur.mjs';

const MODEL = 'tiny.en';
const SLOTS = 2;
const FULL = { lengths: [1, 3, 10, 30, 60, 300, 1800, 7200], shortTimes: 9, limitSeconds: 360 };
const QUICK = { lengths: [1, 10, 60, 300], shortTimes: 3, limitSeconds: 60 };
const LONG_SECONDS = 60;
/** A little silence between clips, as between sentences. */
const SHARE = 0.95;
const SIMILAR = 0.15;

/** @typedef {{ seconds?: number, before: number, peak: number }} Measured */

/**
 * What a file takes, by its length.
 *
 * @param {import('../result.mjs').Run} run
 */
export async function measureLengths({ clips, quick, progress }) {
  const { lengths, shortTimes, limitSeconds } = quick ? QUICK : FULL;
  const spoken = murmurOf(
    englishClips(clips).map((clip, i) => readSpokenClip(clip, seededRandom(i))),
    SHARE,
  );
  const folder = await mkdtemp(path.join(tmpdir(), 'whisperpool-lengths-'));
  const rows = [];
  try {
    for (const length of lengths) {
      progress(`length: ${length} s of audio`);
      const file = path.join(folder, 'audio.wav');
      await writeWav(file, spoken, length);
      const times = length >= LONG_SECONDS ? 1 : shortTimes;
      const parameters = [MODEL, String(SLOTS), file, String(times), String(limitSeconds)];
      rows.push({ length, times, .../** @type {Measured} */ (await runChild('scale-length.mjs', parameters)) });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const costs = rows.flatMap(({ length, seconds }) => {
    return seconds === undefined ? [] : [/** @type {const} */ ([length, (1000 * seconds) / length])];
  });
  const [longest, memory] = [costs.at(-1), rows.at(-1)];
  return {
    plots: {
      'length-cost': linePlot({
        title: 'Time for a second of audio, by the length of the file',
        x: { label: 'seconds of audio', scale: 'log' },
        y: { label: 'ms for a second of audio' },
        series: [{ name: MODEL, points: costs }],
      }),
      'length-memory': linePlot({
        title: 'Memory by the length of the file',
        x: { label: 'seconds of audio', scale: 'log' },
        y: { label: 'MiB of RSS' },
        series: [
          { name: 'the most', points: rows.map(({ length, peak }) => [length, peak]) },
          { name: 'before the file', points: rows.map(({ length, before }) => [length, before]) },
        ],
      }),
    },
    findings: {
      figures: [
        longest
          ? figure(`a second of audio of ${longest[0]} s, ${MODEL}, ${SLOTS} slots`, 'ms', longest[1])
          : missing('a second of audio', 'no length was finished'),
        figure(
          `most memory above that before the file, ${memory?.length} s`,
          'MiB',
          (memory?.peak ?? 0) - (memory?.before ?? 0),
        ),
      ],
      tables: [
        {
          title: `Audio length, ${MODEL} q8_0, ${SLOTS} slots`,
          columns: ['audio, s', 'took, s', 'ms for a second of audio', 'RSS before, MiB', 'most, MiB'],
          rows: rows.map(({ length, seconds, before, peak }) => [
            length,
            seconds ?? `not finished in ${limitSeconds} s`,
            seconds === undefined ? '–' : (1000 * seconds) / length,
            Math.round(before),
            Math.round(peak),
          ]),
        },
      ],
      notes: [
        `Length: WAV files of English clips, again and again up to that length, each in a new process with a warm engine; below ${LONG_SECONDS} s the median of ${shortTimes}. At most ${limitSeconds} s each.`,
        `Time for a second of audio is within ${100 * SIMILAR} % of that of the longest from ${levelsOffAt(costs, SIMILAR)} s on. A short file is one piece: it has one slot, and the smallest encoder context, of 384 frames, would do for 5 s.`,
      ],
    },
  };
}

/**
 * @param {string} file
 * @param {Buffer} spoken s16le, over and over
 * @param {number} seconds
 */
async function writeWav(file, spoken, seconds) {
  const bytes = 2 * Math.round(SAMPLE_RATE * seconds);
  const to = await open(file, 'w');
  try {
    await to.write(wavHeader(bytes));
    for (let left = bytes; left > 0; left -= spoken.length) await to.write(spoken.subarray(0, left));
  } finally {
    await to.close();
  }
}
