/** What a policy sees of the load: plain numbers, made once a second, the same again from JSON. */
export interface LoadSnapshot {
  /** On the scale of `Clock.nowSeconds`. */
  readonly atSeconds: number;
  /** Of the day where the engine runs, 0 … 1439; for schedules. */
  readonly minuteOfDay: number;
  /** The one in force. */
  readonly rung: number;
  /** What the slots do together, in slots: measured, and less than their number where they slow each other down. */
  readonly capacity: number;
  /**
   * ρ of every rung: the share of `capacity` that all sources would need there which that rung serves, those that are
   * shed now included. Infinity for a rung that cannot be taken, because its model is missing.
   */
  readonly load: readonly number[];
  /** d_min: the shortest wait of a final in the last 8 s, so that a standing queue is seen and a burst is not. */
  readonly smallestSojournSeconds: number;
  /** L on the rung in force. */
  readonly chunkSeconds: number;
  /** Until the fullest queue of a critical or normal source is full, as it grows now; Infinity when none grows. */
  readonly secondsToOverflow: number;
  /** What going to each rung costs: 0, or the time to warm its model. */
  readonly switchSeconds: readonly number[];
  /** Decode seconds over audio seconds, of the last minute. */
  readonly rtf: { readonly mean: number; readonly p50: number; readonly p95: number };
  /** Mean of (wait + decode) over audio seconds of the last decodes, of 10 s at most: what a simple service calls its RTF. */
  readonly turnaroundRtf: number;
  readonly sources: { readonly critical: number; readonly normal: number; readonly background: number };
  /** Mean over all sources of the share of their audio that is speech. */
  readonly speechShare: number;
}
