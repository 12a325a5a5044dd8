import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';

/** The ways in which one piece of work ends early — the caller's signal, its deadline, the engine's end — as one. */
export class Cancellation {
  /** On the scale of `Clock.nowSeconds`; Infinity for none. */
  readonly deadlineAtSeconds: number;
  readonly #controller = new AbortController();
  readonly #callerSignal: AbortSignal | undefined;
  readonly #clearDeadline: () => void;

  /** @throws EngineError `OPTION_INVALID`, or `ABORTED` when the signal is aborted already */
  constructor(
    clock: Clock,
    {
      signal,
      deadlineSeconds,
    }: { readonly signal?: AbortSignal | undefined; readonly deadlineSeconds?: number | undefined },
  ) {
    if (deadlineSeconds !== undefined && !(typeof deadlineSeconds === 'number' && deadlineSeconds > 0)) {
      throw new EngineError(
        'OPTION_INVALID',
        `\`deadlineSeconds\` is ${String(deadlineSeconds)}; it must be above zero.`,
      );
    }
    if (signal && typeof signal.addEventListener !== 'function') {
      throw new EngineError('OPTION_INVALID', '`signal` must be an AbortSignal.');
    }
    if (signal?.aborted) throw aborted(signal);
    this.#callerSignal = signal;
    signal?.addEventListener('abort', this.#onAbort);
    this.deadlineAtSeconds = clock.nowSeconds() + (deadlineSeconds ?? Number.POSITIVE_INFINITY);
    this.#clearDeadline =
      deadlineSeconds === undefined || deadlineSeconds === Number.POSITIVE_INFINITY
        ? () => undefined
        : clock.after(deadlineSeconds, () => {
            this.cancel(
              new EngineError(
                'DEADLINE_EXCEEDED',
                `The work was not done within ${deadlineSeconds} s and was stopped.`,
              ),
            );
          });
  }

  /** Aborts with an `EngineError` as its reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the work for `reason`; only the first reason counts. */
  cancel(reason: EngineError): void {
    this.#controller.abort(reason);
  }

  /** Calls `stop` with the reason, at once when there is one already. */
  onCancel(stop: (reason: EngineError) => void): void {
    const report = () => stop(this.signal.reason as EngineError);
    if (this.signal.aborted) report();
    else this.signal.addEventListener('abort', report, { once: true });
  }

  /** `work`, or the reason as soon as there is one. */
  async race<Value>(work: Promise<Value>): Promise<Value> {
    return await new Promise((resolve, reject) => {
      this.onCancel(reject);
      work.then(resolve, reject);
    });
  }

  /** Lets go of the caller's signal and of the timer. */
  release(): void {
    this.#clearDeadline();
    this.#callerSignal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    if (this.#callerSignal) this.cancel(aborted(this.#callerSignal));
  };
}

function aborted(signal: AbortSignal): EngineError {
  return new EngineError('ABORTED', 'The caller aborted the work.', { cause: signal.reason });
}
