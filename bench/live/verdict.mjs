import { quantile } from '../spread.mjs';

/** A final may come so long after the end of the speech, 95 of 100 times. */
const LATEST_SECONDS = 2;
/** Before this much of a level nothing is certain. */
const FAIR_TRIAL_SECONDS = 10;
/** So few may be chance. */
const FEWEST_LATE = 3;
/** A larger part than this cannot be made up for any more: some allowance over the 5 in 100, as what is to come is a guess. */
const MOST_LATE_SHARE = 0.075;
/** The longest utterance and then so much: whoever has more of it waiting is not served. */
const MOST_QUEUED_SECONDS = 25;

/** @typedef {import('./observer.mjs').Told} Told */

/**
 * Latencies of what was said between two moments, seconds. NaN where nothing was.
 *
 * @param {readonly Told[]} told
 * @param {number} fromMs
 * @param {number} [toMs]
 */
export function latenciesOf(told, fromMs, toMs = Number.POSITIVE_INFINITY) {
  const counted = told.filter(({ spokeLastAtMs }) => spokeLastAtMs >= fromMs && spokeLastAtMs < toMs);
  return {
    count: counted.length,
    late: counted.filter((each) => Math.max(each.engineSeconds, each.writtenSeconds) > LATEST_SECONDS).length,
    engine: quantilesOf(counted.map(({ engineSeconds }) => engineSeconds)),
    written: quantilesOf(counted.map(({ writtenSeconds }) => writtenSeconds)),
    loud: quantilesOf(counted.map(({ loudSeconds }) => loudSeconds)),
  };
}

/** @param {readonly number[]} seconds */
function quantilesOf(seconds) {
  return { p50: quantile(seconds, 0.5), p95: quantile(seconds, 0.95), maximum: quantile(seconds, 1) };
}

/**
 * Why a level cannot be passed any more, so that it need not be sat through.
 *
 * @param {readonly import('./speaker.mjs').ClipSpeaker[]} speakers
 * @param {ReturnType<typeof latenciesOf>} finals
 * @param {{ second: number, seconds: number }} progress
 * @returns {string | undefined}
 */
export function overloadReason(speakers, { count, late }, { second, seconds }) {
  const queued = Math.max(...speakers.map(({ source }) => source.queuedSeconds));
  if (queued > MOST_QUEUED_SECONDS) return `a source has ${queued.toFixed(0)} s of audio waiting`;
  const expected = (count * seconds) / second;
  const mostLate = Math.max(FEWEST_LATE - 1, MOST_LATE_SHARE * expected);
  if (second < FAIR_TRIAL_SECONDS || late <= mostLate) return undefined;
  return `${late} finals were late in ${second} s`;
}

/**
 * What a level fell short of; undefined when it is passed.
 *
 * @param {import('./level.mjs').Level} level
 * @returns {string | undefined}
 */
export function shortcoming({ overload, finals, gaps, refused, errors }) {
  if (overload) return overload;
  if (finals.count === 0) return 'no finals';
  const p95 = Math.max(finals.engine.p95, finals.written.p95);
  if (p95 > LATEST_SECONDS) return `p95 ${p95.toFixed(2)} s`;
  const lost = Object.keys(gaps).filter((reason) => reason !== 'suppressed');
  if (lost.length > 0) return `gaps: ${lost.join(', ')}`;
  if (refused > 0) return `${refused} frames refused`;
  return errors[0];
}
