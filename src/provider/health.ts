/** How far a provider is trusted. */
export type Health =
  | {
      readonly kind: 'trusted';
      /** Deaths of the last minute, on the scale of `Clock.nowSeconds`. */
      readonly deathsAtSeconds: readonly number[];
      readonly failuresInARow: number;
    }
  | {
      readonly kind: 'out';
      readonly sinceSeconds: number;
      readonly nextTrialAtSeconds: number;
      /** Trials that have failed. */
      readonly failedTrials: number;
      readonly reason: string;
    }
  | {
      readonly kind: 'on-trial';
      readonly sinceSeconds: number;
      readonly failedTrials: number;
      readonly passedJobs: number;
      readonly reason: string;
    };

/** What was seen of it. A death or failure says when its decode began: what fell together counts once. */
export type Sign =
  | { readonly kind: 'decoded'; readonly atSeconds: number }
  | { readonly kind: 'died' | 'failed'; readonly atSeconds: number; readonly begunAtSeconds: number }
  /** It cannot be had at all. */
  | { readonly kind: 'gone'; readonly atSeconds: number; readonly reason: string }
  | { readonly kind: 'trial'; readonly atSeconds: number };

/** Deaths within a minute that end the trust. */
const mostDeaths = 3;
const deathWindowSeconds = 60;
const mostFailuresInARow = 5;
/** Synthetic jobs that have to go well before it serves again. */
export const trialJobs = 3;
/** After its first death, and as much more after the next: what it takes to be started again, and to rest before that. */
const restartSeconds = 2;
/** From when it is out to its first trial. */
export const firstTrialSeconds = 5;
const longestTrialSeconds = 60;

export const trusted: Health = { kind: 'trusted', deathsAtSeconds: [], failuresInARow: 0 };

/** What is thought of it after a sign. */
export function healthAfter(health: Health, sign: Sign): Health {
  switch (health.kind) {
    case 'trusted':
      return trustedAfter(health, sign);
    case 'on-trial':
      return onTrialAfter(health, sign);
    case 'out':
      // What still comes in of decodes that were under way changes nothing.
      return sign.kind === 'trial' ? { ...health, kind: 'on-trial', passedJobs: 0 } : health;
    default:
      return health satisfies never;
  }
}

/** Whether it has just died, and whatever is given to it would wait until it is there again. */
export function isRestarting(health: Health, atSeconds: number): boolean {
  if (health.kind !== 'trusted') return false;
  const { deathsAtSeconds } = health;
  return atSeconds < (deathsAtSeconds.at(-1) ?? Number.NEGATIVE_INFINITY) + restartSeconds * deathsAtSeconds.length;
}

function trustedAfter(health: Extract<Health, { kind: 'trusted' }>, sign: Sign): Health {
  switch (sign.kind) {
    case 'decoded':
      return health.failuresInARow === 0 ? health : { ...health, failuresInARow: 0 };
    case 'died': {
      const recent = health.deathsAtSeconds.filter((atSeconds) => sign.atSeconds - atSeconds < deathWindowSeconds);
      if (sign.begunAtSeconds < (recent.at(-1) ?? Number.NEGATIVE_INFINITY)) return health;
      const deathsAtSeconds = [...recent, sign.atSeconds];
      if (deathsAtSeconds.length < mostDeaths) return { ...health, deathsAtSeconds };
      return outAfter(sign.atSeconds, 0, `It died ${mostDeaths} times within ${deathWindowSeconds} s.`);
    }
    case 'failed': {
      const failuresInARow = health.failuresInARow + 1;
      if (failuresInARow < mostFailuresInARow) return { ...health, failuresInARow };
      return outAfter(sign.atSeconds, 0, `It failed ${mostFailuresInARow} times in a row.`);
    }
    case 'gone':
      return outAfter(sign.atSeconds, 0, sign.reason);
    case 'trial':
      return health;
    default:
      return sign satisfies never;
  }
}

function onTrialAfter(health: Extract<Health, { kind: 'on-trial' }>, sign: Sign): Health {
  const { failedTrials, passedJobs, reason } = health;
  switch (sign.kind) {
    case 'decoded':
      return passedJobs + 1 >= trialJobs ? trusted : { ...health, passedJobs: passedJobs + 1 };
    case 'died':
    case 'failed':
    case 'gone':
      return { ...outAfter(sign.atSeconds, failedTrials + 1, reason), sinceSeconds: health.sinceSeconds };
    case 'trial':
      return health;
    default:
      return sign satisfies never;
  }
}

function outAfter(atSeconds: number, failedTrials: number, reason: string): Extract<Health, { kind: 'out' }> {
  const waitSeconds = Math.min(longestTrialSeconds, firstTrialSeconds * 2 ** failedTrials);
  return { kind: 'out', sinceSeconds: atSeconds, nextTrialAtSeconds: atSeconds + waitSeconds, failedTrials, reason };
}
