import type { Priority } from '../../scheduler/work.js';

/** What happens to an engine from outside. Times count from the start of the trace. */
export type TraceEvent =
  | { readonly kind: 'join'; readonly atSeconds: number; readonly source: string; readonly priority: Priority }
  | { readonly kind: 'leave'; readonly atSeconds: number; readonly source: string }
  /** Somebody begins to speak, without a pause longer than a breath, for so long. */
  | { readonly kind: 'speech'; readonly atSeconds: number; readonly source: string; readonly seconds: number }
  /** From now on a decode takes `factor` times as long as on the machine by itself. */
  | { readonly kind: 'slowdown'; readonly atSeconds: number; readonly factor: number }
  /** No slot gets on for so long: the machine does something else, or stands. */
  | { readonly kind: 'stall'; readonly atSeconds: number; readonly seconds: number };

/** A load, recorded or made up. Plain data. */
export interface Trace {
  readonly name: string;
  readonly seconds: number;
  /** In the order of time. */
  readonly events: readonly TraceEvent[];
}
