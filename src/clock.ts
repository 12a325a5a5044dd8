/** Time as the engine sees it. Injected wherever time matters, so that tests can hold it still. */
export interface Clock {
  /** Seconds on a monotonic scale that all threads of the process share. */
  nowSeconds(): number;
  /** Calls `wake` once, `delaySeconds` from now, unless the returned function is called first. Never keeps the process alive. */
  after(delaySeconds: number, wake: () => void): () => void;
}

/** The longest delay of a Node timer, some 24 days; a longer one fires at once. */
const longestTimerMilliseconds = 2 ** 31 - 1;

/** The machine's monotonic clock. */
export const systemClock: Clock = {
  nowSeconds: () => Number(process.hrtime.bigint()) / 1e9,
  after(delaySeconds, wake) {
    let timer: NodeJS.Timeout;
    const wait = (milliseconds: number) => {
      const next = Math.min(milliseconds, longestTimerMilliseconds);
      timer = setTimeout(() => (next < milliseconds ? wait(milliseconds - next) : wake()), next);
      timer.unref();
    };
    wait(Math.max(0, delaySeconds * 1000));
    return () => clearTimeout(timer);
  },
};
