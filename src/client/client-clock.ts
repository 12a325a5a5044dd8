import type { Clock } from '../clock.js';

/** Monotonic, of the browser or of Node. Unlike the engine's, its timers keep a process alive: somebody waits for them. */
export const clientClock: Clock = {
  nowSeconds: () => performance.now() / 1000,
  after(delaySeconds, wake) {
    const timer = setTimeout(wake, Math.max(0, delaySeconds * 1000));
    return () => clearTimeout(timer);
  },
};
