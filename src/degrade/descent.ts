import type { LoadTrend } from './load-trend.js';
import type { Decision } from './policy.js';
import { demandOf, evidenceOf } from './reason.js';
import type { Rung } from './rung.js';
import type { LoadSnapshot } from './snapshot.js';
import type { Thresholds } from './thresholds.js';

/** A queue that falls this slowly does not fall: it is where it was. */
const standingShare = 0.9;
/** A load below the capacity leaves no queue behind. It may be chance, and must last so many times as long. */
const calmFactor = 10;
/** Twice the window of d_min: a few who happen to speak at once are over, and what waited before a step is forgotten. */
const standingSeconds = 16;

/** A step that did not suffice shows in this time. */
const newSeconds = 20;

/** Why a lighter rung is needed. */
type Cause = 'overflow' | 'load' | 'queue';

/** The step down that the standard rule wants now, if it wants one. */
export function descent(trend: LoadTrend, rungs: readonly Rung[], thresholds: Thresholds): Decision | undefined {
  const { now, lighter } = trend;
  const lightest = lighter.at(-1);
  if (lightest === undefined) return undefined;
  const fitting = lighter.find((rung) => (now.load[rung] ?? Number.NaN) <= thresholds.targetLoad);
  const target = fitting ?? lightest;
  const cause = causeOf(trend, target, thresholds);
  if (!cause) return undefined;
  const switchSeconds = now.switchSeconds[target] ?? 0;
  const need = ((now.load[target] ?? 0) * now.capacity).toFixed(2);
  const name = `'${rungs[target]?.name ?? ''}'`;
  const there =
    fitting === undefined
      ? `no rung is light enough, and the lightest, ${name}, needs ${need}`
      : `with ${name} they need ${need}`;
  return {
    rung: target,
    reason: `${sentenceOf(cause, trend)}; ${there}.`,
    evidence: evidenceOf(now, { targetLoad: now.load[target], targetSwitchSeconds: switchSeconds }),
  };
}

function causeOf(trend: LoadTrend, target: number, thresholds: Thresholds): Cause | undefined {
  const { now, chunkSeconds } = trend;
  const reactionSeconds = chunkSeconds + (now.switchSeconds[target] ?? 0);
  // A step shows in the queue only after a chunk: until then the next one would be taken for the same reason.
  const isSettled = now.atSeconds - trend.changedAtSeconds >= reactionSeconds;
  if (isSettled && now.secondsToOverflow <= 2 * reactionSeconds) return 'overflow';
  const isHeavy = (snapshot: LoadSnapshot) => loadOf(snapshot) > thresholds.downLoad;
  const isStanding = ({ smallestSojournSeconds, chunkSeconds: length }: LoadSnapshot) =>
    smallestSojournSeconds > Math.max(thresholds.downSojournSeconds, thresholds.downSojournShare * length);
  const isQueued = ({ smallestSojournSeconds, chunkSeconds: length }: LoadSnapshot) =>
    smallestSojournSeconds > thresholds.upSojournShare * length;
  // What a rung costs was only estimated when it was taken.
  const isNew = now.rung > 0 && now.atSeconds - trend.changedAtSeconds <= newSeconds;
  const isUrgent = (snapshot: LoadSnapshot) =>
    isHeavy(snapshot) && (isNew || isQueued(snapshot) || loadOf(snapshot) >= 1);
  if (trend.lasts(thresholds.ticks, isUrgent) || trend.lasts(calmFactor * thresholds.ticks, isHeavy)) return 'load';
  // By its load this rung is light enough, so the queue falls. When it does not, the load is not all there is.
  const since = trend.since(Math.max(standingSeconds, 2 * reactionSeconds));
  const [first] = since ?? [];
  if (!first || !since?.every(isStanding)) return undefined;
  return now.smallestSojournSeconds >= standingShare * first.smallestSojournSeconds ? 'queue' : undefined;
}

function loadOf({ load, rung }: LoadSnapshot): number {
  return load[rung] ?? 0;
}

function sentenceOf(cause: Cause, { now }: LoadTrend): string {
  switch (cause) {
    case 'overflow':
      return `${demandOf(now, now.rung)} and a queue is full in ${now.secondsToOverflow.toFixed(0)} s`;
    case 'load':
      return demandOf(now, now.rung);
    case 'queue':
      return `${demandOf(now, now.rung)} and every utterance waits ${now.smallestSojournSeconds.toFixed(1)} s or longer`;
    default:
      return cause satisfies never;
  }
}
