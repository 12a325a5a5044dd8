import { runChild } from '../children/child.mjs';
import { atMost, exactly, figure } from '../result.mjs';
import { quantile, spreadOf } from '../spread.mjs';

/** @typedef {Record<'round' | 'open' | 'rss' | 'heapUsed' | 'external' | 'arrayBuffers', number> & { threads: number | null }} Reading MiB, but for the counts */

/**
 * @typedef {object} Switched
 * @property {number} phrases
 * @property {number} transcripts
 * @property {number} mixed
 * @property {string[]} incomplete
 * @property {string[]} errors
 * @property {{ to: string, seconds: number }[]} switches
 * @property {number} reads of weights, by these switches
 * @property {Reading[]} memory after round 5 and every tenth
 * @property {Record<string, number>[]} calm seconds of audio per second, before and after
 * @property {number} seconds
 * @property {Record<string, number>} audioSeconds done meanwhile
 * @property {number} open
 * @property {number} openAfterClose
 */

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Switching: another model under a steady stream loses nothing and keeps nothing',
  async measure({ quick, progress }) {
    const rounds = quick ? 10 : 50;
    progress(`base, tiny.en, base: ${rounds} times under a stream`);
    const outcome = await runChild('switching.mjs', [String(rounds), quick ? '5' : '15']);
    const switched = /** @type {Switched} */ (outcome);
    for (const trouble of [...switched.errors, ...switched.incomplete]) progress(trouble);
    const { memory, switches, mixed } = switched;
    return {
      figures: figures(switched),
      tables: [
        switchTable(switches),
        {
          title: 'Memory, MiB',
          columns: ['after round', 'RSS', 'heap used', 'external', 'buffers', 'threads', 'models open'],
          rows: memory.map(({ round, rss, heapUsed, external, arrayBuffers, threads, open }) => {
            return [round, rss, heapUsed, external, arrayBuffers, threads ?? 'unknown', open];
          }),
        },
      ],
      notes: [
        'One process, two slots, always three transcriptions under way, the English clips by turns. A round is a switch from base to tiny.en and one back, at once in every second round, otherwise after two more transcripts.',
        `A transcript is complete when it has, of each sentence, the longest run of words that both models find when nothing is switched (${switched.phrases} phrases in the set). ${mixed} transcripts were begun by one model and ended by the other.`,
        'Memory is read after round 5 and every tenth: the stream is stopped, both slots decode the longest clip twice, because a state touches the more of its memory the longer the pieces are, and the main thread collects its garbage.',
        'Throughput: the seconds that the audio of the transcripts takes without switching, at the speed that each model had in this run before and after, over the seconds that it took. Loading and warming the models is in it.',
      ],
    };
  },
};

/** @param {Switched} switched */
function figures(switched) {
  const { transcripts, incomplete, errors, memory, open, openAfterClose, reads, switches } = switched;
  const [first, last] = [memory[0], memory.at(-1)];
  const growth = (last?.rss ?? Number.NaN) / (first?.rss ?? Number.NaN);
  return [
    figure(`transcripts that lack a phrase, of ${transcripts}`, 'count', incomplete.length, exactly(0)),
    figure('transcriptions that failed', 'count', errors.length, exactly(0)),
    figure('models in memory afterwards', 'count', open, exactly(1)),
    figure('readings between that found none or several', 'count', memory.filter(isOdd).length, exactly(0)),
    figure('models in memory when the engine is closed', 'count', openAfterClose, exactly(0)),
    figure(
      `weights read / switches, of which there were ${switches.length}`,
      'ratio',
      reads / switches.length,
      atMost(1),
    ),
    figure(`RSS after round ${last?.round} / after round ${first?.round}`, 'ratio', growth, atMost(1.05)),
    figure('throughput while switching / without', 'ratio', throughputRatio(switched)),
  ];
}

/** @param {Reading} reading */
const isOdd = ({ open }) => open !== 1;

/** @param {Switched} switched */
function throughputRatio({ calm, audioSeconds, seconds }) {
  const speed = (/** @type {string} */ model) => spreadOf(calm.map((speeds) => speeds[model] ?? Number.NaN)).median;
  const undisturbed = Object.entries(audioSeconds).map(([model, audio]) => audio / speed(model));
  return undisturbed.reduce((sum, each) => sum + each, 0) / seconds;
}

/**
 * @param {Switched['switches']} switches
 * @returns {import('../result.mjs').Table}
 */
function switchTable(switches) {
  const rows = [...new Set(switches.map(({ to }) => to))].map((model) => {
    const milliseconds = switches.filter(({ to }) => to === model).map(({ seconds }) => 1000 * seconds);
    return [model, milliseconds.length, quantile(milliseconds, 0.5), quantile(milliseconds, 0.95)];
  });
  return { title: 'From switchModel to ready, ms', columns: ['to', 'switches', 'median', '95 %'], rows };
}
