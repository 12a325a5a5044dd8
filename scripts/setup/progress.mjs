/** Milliseconds between two progress lines: on a terminal they replace each other, elsewhere they fill a log. */
const INTERVAL = { terminal: 100, log: 5000 };

/**
 * Says what is going on, to people and to logs.
 * @typedef {object} Progress
 * @property {(line: string) => void} say prints a line that stays
 * @property {(line: string) => void} show prints a line that the next one replaces; dropped when too soon after the last
 */

/**
 * @param {{ readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown }} stream
 * @param {() => number} [nowMilliseconds]
 * @returns {Progress}
 */
export function createProgress(stream, nowMilliseconds = () => performance.now()) {
  const terminal = stream.isTTY === true;
  const interval = terminal ? INTERVAL.terminal : INTERVAL.log;
  // A terminal that does not know its width says 0.
  const width = Math.max(40, stream.columns ?? 0);
  let lastShown = -Infinity;
  return {
    say(line) {
      stream.write(terminal ? `\r\u001B[K${line}\n` : `${line}\n`);
      // A log that has just been told what starts needs no percentage in the same second.
      lastShown = terminal ? -Infinity : nowMilliseconds();
    },
    show(line) {
      if (nowMilliseconds() - lastShown < interval) return;
      lastShown = nowMilliseconds();
      stream.write(terminal ? `\r\u001B[K${line.slice(0, width - 1)}` : `${line}\n`);
    },
  };
}

/** @param {number} startMilliseconds a reading of `performance.now()` */
export function secondsSince(startMilliseconds) {
  return `${((performance.now() - startMilliseconds) / 1000).toFixed(1)} s`;
}
