import type { JobQueue } from './database.js';
import { priorities } from './job-request.js';

/** How much is to do: what a fleet is scaled by. */
export interface QueueDepth {
  /** Jobs that a worker could begin at once. */
  readonly waiting: number;
  readonly active: number;
  /** Jobs that pause between two tries. */
  readonly delayed: number;
  readonly dead: number;
  /** Since the oldest waiting job was enqueued; 0 when none waits. */
  readonly oldestWaitSeconds: number;
}

export async function readDepth(queue: JobQueue, nowMilliseconds: number): Promise<QueueDepth> {
  const [counts, perPriority] = await Promise.all([
    queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed'),
    queue.getCountsPerPriority(priorities.map((_, number) => number)),
  ]);
  const oldest = await firstInLines(queue, Object.values(perPriority));
  const count = (state: string) => counts[state] ?? 0;
  return {
    waiting: count('waiting') + count('prioritized'),
    active: count('active'),
    delayed: count('delayed'),
    dead: count('failed'),
    oldestWaitSeconds: Math.max(0, ...oldest.map((atMilliseconds) => (nowMilliseconds - atMilliseconds) / 1000)),
  };
}

/**
 * When the first job of each priority was enqueued; the others of its line are younger. Those without a number of their
 * own, the first in `counts`, stand in a line apart; all the rest stand one behind the other.
 */
async function firstInLines(queue: JobQueue, [, ...counts]: readonly number[]): Promise<number[]> {
  const places = counts.map((_, line) => counts.slice(0, line).reduce((sum, count) => sum + count, 0));
  const reads = places.map((place) => queue.getPrioritized(place, place));
  const jobs = await Promise.all([queue.getWaiting(0, 0), ...reads]);
  return jobs.flat().map(({ timestamp }) => timestamp);
}
