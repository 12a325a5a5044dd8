import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Quantiles } from './reading.js';
import { periodAt } from './sliding-histogram.js';

/**
 * Between two looks at the loop. A delay may have begun before its first look, so up to this much of it is not seen.
 * Every look wakes the process: at 10 ms that took 0.4 % of a core, at 20 ms 0.3 %, for one histogram as for two
 * (2 cores of an AMD EPYC, Node 20.20).
 */
const resolutionMilliseconds = 20;

type State =
  | { readonly kind: 'not-started' }
  | { readonly kind: 'watching'; older: IntervalHistogram; younger: IntervalHistogram; period: number }
  | { readonly kind: 'closed' };

/**
 * How late the main thread's timers are, over a sliding window like that of the other quantiles. It costs something
 * only once it was asked for; Node's own timer for it keeps no process alive.
 */
export class EventLoopDelay {
  #state: State = { kind: 'not-started' };

  /** Begins to watch when it is called first; undefined until the loop has turned. */
  read(nowSeconds: number): Quantiles | undefined {
    const period = periodAt(nowSeconds);
    if (this.#state.kind === 'closed') return undefined;
    if (this.#state.kind === 'not-started') {
      this.#state = { kind: 'watching', older: watch(), younger: watch(), period };
      return undefined;
    }
    const state = this.#state;
    if (period > state.period) {
      // What came since the reading before is kept, however long ago that was: nobody has seen it yet.
      state.older.reset();
      [state.older, state.younger] = [state.younger, state.older];
      state.period = period;
    }
    return quantilesOf(state.older);
  }

  close(): void {
    if (this.#state.kind === 'watching') {
      this.#state.older.disable();
      this.#state.younger.disable();
    }
    this.#state = { kind: 'closed' };
  }
}

function watch(): IntervalHistogram {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMilliseconds });
  histogram.enable();
  return histogram;
}

function quantilesOf(histogram: IntervalHistogram): Quantiles | undefined {
  const { count } = histogram;
  if (count === 0) return undefined;
  // Node records the time between two looks, so that a loop that is never late reads as the resolution.
  const delaySeconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolutionMilliseconds) / 1e3;
  const at = (percent: number) => delaySeconds(histogram.percentile(percent));
  return { count, p50: at(50), p95: at(95), p99: at(99), max: delaySeconds(histogram.max) };
}
