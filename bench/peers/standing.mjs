import { atLeast, atMost, figure, missing } from '../result.mjs';
import { spreadOf } from '../spread.mjs';
import { errorPercent, wordErrors } from '../wer.mjs';
import { OURS } from './table.mjs';

/** @typedef {import('./trial.mjs').Sample} Sample */
/** @typedef {import('./audio.mjs').Spoken} Spoken */

const COLD_SECONDS = 1.2;
const ADDON_RATIO = 20;
const MEMORY_RATIO = 0.5;
const MEMORY_AT_ONCE = 4;
const ERROR_POINTS = 1;

/**
 * The samples of one peer and model.
 *
 * @param {readonly Sample[]} samples
 * @param {string} peer
 * @param {string} model
 * @param {{ threads?: number, atOnce?: number }} [how]
 */
export function samplesOf(samples, peer, model, { threads = 1, atOnce = 1 } = {}) {
  return samples.filter(
    (each) => each.peer === peer && each.model === model && each.threads === threads && each.atOnce === atOnce,
  );
}

/**
 * How much longer a peer takes for the same clips, one at a time: in each of its rounds, over the clips that it finished.
 *
 * @param {readonly Sample[]} ours
 * @param {readonly Sample[]} theirs the same rounds, or the first of them
 * @param {readonly string[]} clips that count
 * @returns {number[]}
 */
export function timeRatios(ours, theirs, clips) {
  return theirs.flatMap((their, round) => {
    const our = ours[round];
    const both = clips.filter(
      (clip) => secondsOf(their, clip) !== undefined && our && secondsOf(our, clip) !== undefined,
    );
    if (!our || both.length === 0) return [];
    const sum = (/** @type {Sample} */ sample) => both.reduce((all, clip) => all + (secondsOf(sample, clip) ?? 0), 0);
    return [sum(their) / sum(our)];
  });
}

/**
 * @param {readonly Sample[]} samples one clip at a time
 * @param {readonly Spoken[]} english
 * @returns {{ percent: number, clips: number } | undefined} over the clips of the fullest sample; undefined without any
 */
export function errorsOf(samples, english) {
  const [fullest] = [...samples].sort((a, b) => b.heard.length - a.heard.length);
  const counts = (fullest?.heard ?? []).flatMap(({ clip, text }) => {
    const spoken = english.find(({ path }) => path.endsWith(`/${clip}.wav`));
    return spoken ? [wordErrors(spoken.reference, text, 'en')] : [];
  });
  return counts.length === 0 ? undefined : { percent: errorPercent(counts), clips: counts.length };
}

/**
 * @param {object} measured
 * @param {readonly Sample[]} measured.samples
 * @param {readonly import('./table.mjs').Peer[]} measured.peers that could be tried
 * @param {readonly import('../models.mjs').ModelName[]} measured.models
 * @param {import('./audio.mjs').Audio} measured.audio
 * @param {readonly number[]} measured.abortMilliseconds of ours
 * @returns {import('../result.mjs').Figure[]}
 */
export function standingFigures({ samples, peers, models, audio, abortMilliseconds }) {
  const speed = audio.speed.map(({ path }) => clipName(path));
  return [
    ...models.flatMap((model) => [
      ...peers.filter(({ isNodeAddon }) => isNodeAddon).map((peer) => addonFigure(samples, peer.name, model, speed)),
      ...peers.filter(({ isParallel }) => isParallel).map((peer) => memoryFigure(samples, peer.name, model)),
      errorFigure(samples, peers, model, audio.english),
    ]),
    coldFigure(samples),
    abortMilliseconds.length === 0
      ? missing('abort to settled promise, the longest', 'none was in time')
      : figure(
          'abort to settled promise, the longest',
          'ms',
          Math.max(...abortMilliseconds),
          atMost(80),
          spreadOf(abortMilliseconds),
        ),
  ];
}

/**
 * @param {readonly Sample[]} samples
 * @param {string} peer
 * @param {string} model
 * @param {readonly string[]} clips
 */
function addonFigure(samples, peer, model, clips) {
  const name = `throughput, ours / ${peer}, ${model}, one clip at a time`;
  const theirs = samplesOf(samples, peer, model);
  const ratios = timeRatios(samplesOf(samples, OURS.name, model), theirs, clips);
  if (ratios.length === 0) return missing(name, failureOf(theirs));
  const spread = spreadOf(ratios);
  return figure(name, 'ratio', spread.median, atLeast(ADDON_RATIO), spread);
}

/**
 * @param {readonly Sample[]} samples
 * @param {string} peer
 * @param {string} model
 */
function memoryFigure(samples, peer, model) {
  const name = `memory, ours / ${peer}, ${model}, ${MEMORY_AT_ONCE} clips at once`;
  const memory = (/** @type {string} */ who) =>
    samplesOf(samples, who, model, { atOnce: MEMORY_AT_ONCE }).flatMap(({ memoryMebibytes }) => memoryMebibytes ?? []);
  const [ours, theirs] = [memory(OURS.name), memory(peer)];
  const ratios = theirs.flatMap((their, round) => (ours[round] === undefined ? [] : [ours[round] / their]));
  if (ratios.length === 0) {
    return missing(name, failureOf(samplesOf(samples, peer, model, { atOnce: MEMORY_AT_ONCE })));
  }
  const spread = spreadOf(ratios);
  return figure(name, 'ratio', spread.median, atMost(MEMORY_RATIO), spread);
}

/**
 * @param {readonly Sample[]} samples
 * @param {readonly import('./table.mjs').Peer[]} peers
 * @param {string} model
 * @param {readonly Spoken[]} english
 */
function errorFigure(samples, peers, model, english) {
  const whole = (/** @type {string} */ who) => {
    const errors = errorsOf(samplesOf(samples, who, model), english);
    return errors?.clips === english.length ? errors.percent : undefined;
  };
  const ours = whole(OURS.name);
  const theirs = peers.flatMap(({ name }) => whole(name) ?? []);
  const name = `WER above the best peer's, ${model}`;
  if (ours === undefined || theirs.length === 0) return missing(name, 'nobody heard all clips in time');
  return figure(name, 'points', ours - Math.min(...theirs), atMost(ERROR_POINTS));
}

/** @param {readonly Sample[]} samples */
function coldFigure(samples) {
  const name = 'first text of an 8 s clip from a cold process, tiny.en';
  const seconds = samplesOf(samples, OURS.name, 'tiny.en').flatMap(({ coldSeconds }) => coldSeconds ?? []);
  if (seconds.length === 0) return missing(name, failureOf(samplesOf(samples, OURS.name, 'tiny.en')));
  const spread = spreadOf(seconds);
  return figure(name, 's', spread.median, atMost(COLD_SECONDS), spread);
}

/** @param {readonly Sample[]} samples */
export function failureOf(samples) {
  return samples.find(({ failure }) => failure !== undefined)?.failure ?? 'not tried';
}

/** @param {string} path */
export function clipName(path) {
  return path.replace(/^.*\//, '').replace(/\.wav$/, '');
}

/**
 * @param {Sample} sample
 * @param {string} clip
 */
function secondsOf(sample, clip) {
  return sample.heard.find((heard) => heard.clip === clip)?.seconds;
}
