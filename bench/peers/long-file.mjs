import { atLeast, figure, missing } from '../result.mjs';
import { spreadOf } from '../spread.mjs';
import { errorPercent, wordErrors } from '../wer.mjs';
import { startDriver } from './driver.mjs';
import { OURS, PEERS } from './table.mjs';
import { summarised } from './trial.mjs';
import { weightsFor } from './weights.mjs';

const AGAINST = PEERS.filter(({ origin }) => origin.kind === 'python');
const DEADLINE_SECONDS = 120;
const TARGET = 1.15;

/**
 * One long file through ours and through faster-whisper by turns, one thread each.
 *
 * @param {object} options
 * @param {readonly import('../models.mjs').ModelName[]} options.models
 * @param {number} options.rounds
 * @param {import('./audio.mjs').Audio} options.audio
 * @param {string} options.folder
 * @param {(line: string) => void} options.progress
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureLongFile({ models, rounds, audio, folder, progress }) {
  /** @type {import('../result.mjs').Figure[]} */
  const figures = [];
  /** @type {(string | number)[][]} */
  const rows = [];
  for (const model of models) {
    const contestants = [OURS, ...AGAINST].map((peer) => ({
      peer,
      driver: startDriver(peer),
      /** @type {number[]} */ seconds: [],
      text: '',
      /** @type {string | undefined} */ failure: undefined,
    }));
    try {
      for (const each of contestants) {
        const path = await weightsFor(each.peer, model, folder);
        await each.driver.ask({ command: 'load', model, path, threads: 1, atOnce: 1 }, DEADLINE_SECONDS);
        each.failure = (await hear(each.driver, audio.cold)).failure; // warm
      }
      for (let round = 0; round < rounds; round += 1) {
        progress(`${model}, long file: round ${round + 1} of ${rounds}`);
        for (const each of round % 2 === 0 ? contestants : [...contestants].reverse()) {
          if (each.failure !== undefined) continue;
          const { heard, failure } = await hear(each.driver, audio.long);
          each.failure = failure;
          each.text = heard[0]?.text ?? '';
          each.seconds.push(heard[0]?.seconds ?? Number.NaN);
        }
      }
    } finally {
      for (const { driver } of contestants) await driver.end();
    }
    const [ours, ...theirs] = contestants;
    for (const { peer, seconds, failure } of theirs) {
      const name = `time, ${peer.name} / ours, ${model}, a file of ${Math.round(audio.long.seconds)} s`;
      const why = failure ?? ours?.failure;
      const ratios = spreadOf(seconds.map((each, round) => each / (ours?.seconds[round] ?? Number.NaN)));
      figures.push(
        why === undefined ? figure(name, 'ratio', ratios.median, atLeast(TARGET), ratios) : missing(name, why),
      );
    }
    for (const { peer, seconds, failure, text } of contestants) {
      const median = failure ?? spreadOf(seconds).median;
      const errors = errorPercent([wordErrors(audio.long.reference, text, 'en')]);
      rows.push([model, peer.name, median, typeof median === 'number' ? median / audio.long.seconds : '', errors]);
    }
  }
  const columns = ['model', 'peer', 'seconds', 'RTF', 'WER %'];
  return {
    figures,
    tables: [{ title: `A file of ${Math.round(audio.long.seconds)} s, one thread`, columns, rows }],
    notes: ['The long file is the English clips one after the other, with 0.6 s of silence after each.'],
  };
}

/**
 * @param {import('./driver.mjs').Driver} driver
 * @param {import('./audio.mjs').Spoken} spoken
 */
async function hear(driver, { path }) {
  const request = { paths: [path], atOnce: 1, forSeconds: DEADLINE_SECONDS };
  return summarised(await driver.ask({ command: 'transcribe', ...request }, DEADLINE_SECONDS + 1), 1);
}
