import { spreadOf } from '../spread.mjs';
import { clipName, errorsOf, failureOf, samplesOf } from './standing.mjs';

/** @typedef {import('./trial.mjs').Sample} Sample */

/**
 * What was measured of one model: a row for each peer, medians over the rounds.
 *
 * @param {object} measured
 * @param {readonly Sample[]} measured.samples
 * @param {readonly import('./table.mjs').Peer[]} measured.peers ours among them
 * @param {import('../models.mjs').ModelName} measured.model
 * @param {readonly number[]} measured.counts
 * @param {import('./audio.mjs').Audio} measured.audio
 * @returns {import('../result.mjs').Table}
 */
export function speedTable({ samples, peers, model, counts, audio }) {
  const columns = [
    'peer',
    'first text from cold, s',
    'RTF',
    'RTF, 2 threads',
    ...counts.map((count) => `× real time, ${count} at once`),
    ...counts.map((count) => `MiB, ${count} at once`),
    `loop p99 ms, ${counts.at(-1)} at once`,
    'WER % (clips)',
  ];
  const rows = peers.map(({ name }) => {
    const alone = samplesOf(samples, name, model);
    const atOnce = counts.map((count) => samplesOf(samples, name, model, { atOnce: count }));
    const errors = errorsOf(alone, audio.english);
    return [
      name,
      median(alone, ({ coldSeconds }) => coldSeconds),
      median(alone, (sample) => realTimeFactor(sample, audio.speed)),
      median(samplesOf(samples, name, model, { threads: 2 }), (sample) => realTimeFactor(sample, audio.speed)),
      ...atOnce.map((group) => median(group, (sample) => timesRealTime(sample, audio.speed))),
      ...atOnce.map((group) => median(group, ({ memoryMebibytes }) => memoryMebibytes)),
      median(atOnce.at(-1) ?? [], ({ loopDelayMilliseconds }) => loopDelayMilliseconds),
      errors ? `${errors.percent.toFixed(1)} (${errors.clips} of ${audio.english.length})` : failureOf(alone),
    ];
  });
  return { title: `${model}, one thread a clip unless said otherwise`, columns, rows };
}

/**
 * Seconds of work for a second of audio, over the clips it finished.
 *
 * @param {Sample} sample one clip at a time
 * @param {readonly import('./audio.mjs').Spoken[]} clips that count
 */
export function realTimeFactor({ heard }, clips) {
  let [work, audio] = [0, 0];
  for (const { path, seconds } of clips) {
    const each = heard.find(({ clip }) => clip === clipName(path));
    if (!each) continue;
    work += each.seconds;
    audio += seconds;
  }
  return audio === 0 ? undefined : work / audio;
}

/**
 * Seconds of audio for a second of waiting; only of what was finished.
 *
 * @param {Sample} sample
 * @param {readonly import('./audio.mjs').Spoken[]} clips
 */
export function timesRealTime(sample, clips) {
  if (sample.atOnce === 1) {
    const factor = realTimeFactor(sample, clips);
    return factor === undefined ? undefined : 1 / factor;
  }
  if (sample.failure !== undefined) return undefined;
  return clips.reduce((sum, { seconds }) => sum + seconds, 0) / sample.seconds;
}

/**
 * @param {readonly Sample[]} samples
 * @param {(sample: Sample) => number | undefined} of
 * @returns {number | string} or why there is none
 */
function median(samples, of) {
  const values = samples.flatMap((sample) => of(sample) ?? []);
  return values.length === 0 ? failureOf(samples) : spreadOf(values).median;
}
