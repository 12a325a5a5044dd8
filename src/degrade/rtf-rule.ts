import type { Decision, History, Policy } from './policy.js';
import type { Rung } from './rung.js';
import type { LoadSnapshot } from './snapshot.js';

/** Above an RTF: this rung at least, and from there one further at each step, up to the last of the range. */
interface Level {
  readonly above: number;
  readonly first: number;
  readonly last: number;
}

interface RtfRule {
  readonly name: string;
  readonly rungs: readonly Rung[];
  /** Highest first. */
  readonly levels: readonly Level[];
  /** Below this, one rung up. */
  readonly recoverBelow: number;
  /** Seconds after a step in which none is taken, so that decodes of before it do not count. */
  readonly restSeconds: (snapshot: LoadSnapshot) => number;
}

/**
 * Ladders led by the RTF alone. A decode's own RTF says nothing about many sources, so it is that of the whole way, wait
 * included, as a simple service measures it.
 */
export function rtfPolicy({ name, rungs, levels, recoverBelow, restSeconds }: RtfRule): Policy {
  return {
    name,
    rungs,
    decide(snapshot: LoadSnapshot, { changes }: History): Decision {
      const { rung, turnaroundRtf: rtf, atSeconds } = snapshot;
      const evidence = { turnaroundRtf: rtf };
      const read = `The mean RTF is ${rtf.toFixed(2)}`;
      const lastChange = changes.findLast((change) => change.atSeconds <= atSeconds);
      const isResting = lastChange !== undefined && atSeconds - lastChange.atSeconds < restSeconds(snapshot);
      const level = levels.find(({ above }) => rtf > above);
      if (level && !isResting) {
        const to = Math.max(rung, Math.min(Math.max(rung + 1, level.first), level.last));
        if (to > rung) return { rung: to, reason: `${read}, more than ${level.above}.`, evidence };
      }
      if (rung > 0 && !isResting && rtf < recoverBelow) {
        return { rung: rung - 1, reason: `${read}, less than ${recoverBelow}.`, evidence };
      }
      return { rung, reason: `${read}; '${rungs[rung]?.name ?? ''}' stays.`, evidence };
    },
  };
}
