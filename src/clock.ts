/** Time as the engine sees it. Injected wherever time matters, so that tests can hold it still. */
export interface Clock {
  /** Seconds on a monotonic scale that all threads of the process share. */
  nowSeconds(): number;
  /** Calls `wake` once, `delaySeconds` from now, unless the returned function is called first. Never keeps the process alive. */
  after(delaySeconds: number, wake: () => void): () => void;
}

/** The machine's monotonic clock. */
export const systemClock: Clock = {
  nowSeconds: () => Number(process.hrtime.bigint()) / 1e9,
  after(delaySeconds, wake) {
    const timer = setTimeout(wake, Math.max(0, delaySeconds * 1000));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
