import type { Priority } from '../scheduler/work.js';
import type { SourceReading } from './source-reading.js';

/** The share of one tick in the mean: a change is followed in some seconds, chance is averaged over minutes. */
const [quickShare, slowShare] = [0.15, 0.004];
/** Readings this many standard deviations from the mean are not chance. */
const surprise = 2.5;
/** Turns to speak in the time over which a source is read; their number is what chance plays with. */
const turnsRead = 3;
const priorities: readonly Priority[] = ['critical', 'normal', 'background'];

/** The sources of one priority. */
interface Group {
  readonly count: number;
  /** Mean speech share. */
  readonly share: number;
  /** That it is a mean of. */
  readonly ticks: number;
}

const nobody: Group = { count: 0, share: 0, ticks: 0 };

/** How much speech the sources bring, by priority. Who comes and goes counts at once, what they say is averaged. */
export class SpeechDemand {
  #groups: Readonly<Record<Priority, Group>> = { critical: nobody, normal: nobody, background: nobody };

  tick(sources: readonly SourceReading[]): void {
    const sums = { critical: 0, normal: 0, background: 0 };
    const known = { critical: 0, normal: 0, background: 0 };
    const counts = { critical: 0, normal: 0, background: 0 };
    for (const { priority, speechShare } of sources) {
      counts[priority] += 1;
      if (!Number.isFinite(speechShare)) continue;
      sums[priority] += Math.min(Math.max(speechShare, 0), 1);
      known[priority] += 1;
    }
    const next = { ...this.#groups };
    for (const priority of priorities) {
      const [before, count] = [this.#groups[priority], counts[priority]];
      const share = known[priority] > 0 ? sums[priority] / known[priority] : before.share;
      next[priority] = averaged(before, count, share);
    }
    this.#groups = next;
  }

  get counts(): Readonly<Record<Priority, number>> {
    const { critical, normal, background } = this.#groups;
    return { critical: critical.count, normal: normal.count, background: background.count };
  }

  /** Seconds of speech a second that these bring. */
  of(served: readonly Priority[]): number {
    return served.reduce((sum, priority) => sum + this.#groups[priority].count * this.#groups[priority].share, 0);
  }

  /** Over all sources; 0 when there are none. */
  get meanShare(): number {
    const { critical, normal, background } = this.counts;
    return this.of(priorities) / Math.max(critical + normal + background, 1);
  }
}

/** Who stays speaks as before, as far as one can tell; who comes speaks as is read now. */
function averaged(before: Group, count: number, share: number): Group {
  const stayed = Math.min(before.count, count);
  if (stayed === 0) return { count, share, ticks: 1 };
  const deviation = Math.sqrt(Math.max(before.share * (1 - before.share), 0.01) / (turnsRead * count));
  const isChance = Math.abs(share - before.share) <= surprise * deviation;
  // The first readings are half assumed, and must not outlast those that follow.
  const newShare = Math.max(isChance ? slowShare : quickShare, 1 / (before.ticks + 1));
  const mean = before.share + newShare * (share - before.share);
  return {
    count,
    share: (stayed * mean + (count - stayed) * share) / count,
    ticks: 1 + (stayed / count) * before.ticks,
  };
}
