import { descent } from './descent.js';
import { dwellSecondsAfter, penaltyAt } from './dwell.js';
import { LoadTrend } from './load-trend.js';
import type { Decision, History, Policy } from './policy.js';
import { demandOf, evidenceOf } from './reason.js';
import type { Rung } from './rung.js';
import type { LoadSnapshot } from './snapshot.js';
import type { Thresholds } from './thresholds.js';

/** What warming a model may add at most to the load of the rung that wants it: a slow disk must not keep a ladder down. */
const mostSwitchLoad = 0.05;

/**
 * Steps down when the load of the rung in force or a standing queue says so, as far as it must, in one step; comes back
 * rung by rung, more slowly after a step up that failed. Load is counted, not felt: what is shed still counts, so that
 * nothing is given back which would be taken away again.
 */
export function standardPolicy(name: string, rungs: readonly Rung[], thresholds: Thresholds): Policy {
  return {
    name,
    rungs,
    decide(snapshot: LoadSnapshot, history: History): Decision {
      const trend = new LoadTrend(snapshot, history);
      return descent(trend, rungs, thresholds) ?? ascent(trend, rungs, thresholds) ?? stay(snapshot, rungs);
    },
  };
}

function ascent(trend: LoadTrend, rungs: readonly Rung[], thresholds: Thresholds): Decision | undefined {
  const { now, changes, changedAtSeconds } = trend;
  const heavier = trend.heavier;
  if (heavier === undefined) return undefined;
  const { upLoad, upSojournShare, ticks, failedUpgradeSeconds, dwellSeconds } = thresholds;
  // Warming takes a slot for that time, and is worth it when the rung then lasts.
  const slotSeconds = Math.max(now.capacity, 1) * Math.max(failedUpgradeSeconds, dwellSeconds);
  const switchLoad = Math.min(mostSwitchLoad, (now.switchSeconds[heavier] ?? 0) / slotSeconds);
  const hasRoom = ({ load, smallestSojournSeconds, chunkSeconds }: LoadSnapshot) => {
    const loadThere = (load[heavier] ?? Number.NaN) + switchLoad;
    return loadThere <= upLoad && smallestSojournSeconds <= upSojournShare * chunkSeconds;
  };
  if (!trend.lasts(ticks, hasRoom)) return undefined;
  const penalty = penaltyAt(now.atSeconds, changes, thresholds);
  // Room that comes and goes is none: a load that swings would be followed at every swing.
  const dwelt = trend.secondsOf(hasRoom);
  if (!(dwelt >= dwellSecondsAfter(changedAtSeconds, penalty, thresholds))) return undefined;
  const target = rungs[heavier]?.name ?? '';
  const since = Number.isFinite(dwelt) ? ` for ${dwelt.toFixed(0)} s` : '';
  return {
    rung: heavier,
    reason: `${demandOf(now, heavier)} with '${target}', which left room${since}; back to it.`,
    evidence: evidenceOf(now, { targetLoad: now.load[heavier], switchLoad, penalty, dwellSeconds: dwelt }),
  };
}

function stay(now: LoadSnapshot, rungs: readonly Rung[]): Decision {
  const name = rungs[now.rung]?.name ?? '';
  return { rung: now.rung, reason: `${demandOf(now, now.rung)}; '${name}' stays.`, evidence: evidenceOf(now) };
}
