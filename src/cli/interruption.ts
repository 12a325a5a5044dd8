import { type ExitCode, exitCodes } from './exit-code.js';

/** Why the work is to stop before its end. */
type StopReason = 'SIGINT' | 'SIGTERM' | 'stdout-closed' | 'stdout-broken';

// Half a second is promised. An abort takes tens of milliseconds, so what is still running now will not stop by itself.
const graceSeconds = 0.3;

/** One request to stop: from Ctrl-C, from SIGTERM, or because stdout takes no more. */
export class Interruption {
  readonly #controller = new AbortController();
  #reason: StopReason | undefined;
  /** Set when the end of the work has an order to be kept. */
  #orderlySeconds: number | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What to exit with when the work was stopped; undefined when it was not. */
  get exitCode(): ExitCode | undefined {
    if (this.#orderlySeconds !== undefined) return undefined;
    switch (this.#reason) {
      case undefined:
        return undefined;
      case 'SIGINT':
        return exitCodes.interrupted;
      case 'SIGTERM':
        return exitCodes.terminated;
      case 'stdout-closed':
        // `| head` has read all that it wanted: that is no failure.
        return exitCodes.ok;
      case 'stdout-broken':
        return exitCodes.failed;
      default:
        return this.#reason satisfies never;
    }
  }

  stop(reason: StopReason): void {
    this.#reason ??= reason;
    this.#controller.abort();
  }

  /** From now on a signal asks for an end in good order, which may take so long and is no failure. */
  endOrderly(withinSeconds: number): void {
    this.#orderlySeconds = withinSeconds;
  }

  /** Obeys the signals from here on. A second one, or work that does not stop in time, ends the process at once. */
  listen(): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (this.signal.aborted) die(signal);
        this.stop(signal);
        setTimeout(die, (this.#orderlySeconds ?? graceSeconds) * 1000, signal).unref();
      });
    }
  }
}

// `process.exit` would wait for worker threads, which cannot be stopped while they load a model. The default action of
// a signal waits for nothing, and a shell reports it as the same 130 or 143.
function die(signal: 'SIGINT' | 'SIGTERM'): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
