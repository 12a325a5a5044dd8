/**
 * How a child process tells its parent what it measured.
 *
 * @param {unknown} measured
 */
export function report(measured) {
  process.stdout.write(`${JSON.stringify(measured)}\n`);
}

/** Memory of this process that is in RAM now, and the most that ever was, in MiB. */
export function residentMebibytes() {
  return { now: process.memoryUsage.rss() / 2 ** 20, peak: process.resourceUsage().maxRSS / 2 ** 10 };
}
