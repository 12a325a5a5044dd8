import { type FileIdentity, identifyFile } from './file-identity.js';
import { aborted, corrupt, refuseIfAborted } from './refusal.js';

interface Run<T> {
  readonly key: string;
  readonly outcome: Promise<T>;
  readonly abort: AbortController;
  state: 'running' | 'settled';
  waiting: number;
}

/**
 * What was found out about files, for as long as they stay the same. Callers who ask at the same time share one run;
 * the run is aborted when the last of them has left. Failures are not remembered.
 */
export class FileMemory<T> {
  readonly #examine: (file: FileIdentity, signal: AbortSignal) => Promise<T>;
  readonly #runs = new Map<string, Run<T>>();

  constructor(examine: (file: FileIdentity, signal: AbortSignal) => Promise<T>) {
    this.#examine = examine;
  }

  /**
   * @throws EngineError `ABORTED` for a caller whose signal is aborted, `MODEL_CORRUPT` when the file was changed
   * while it was examined, and whatever the examination throws.
   */
  async recall(file: FileIdentity, signal?: AbortSignal): Promise<T> {
    refuseIfAborted(signal);
    const known = this.#runs.get(file.path);
    const run = known?.key === file.key ? known : this.#start(file);
    run.waiting += 1;
    try {
      return await outcomeOrAbort(run.outcome, signal);
    } finally {
      run.waiting -= 1;
      if (run.waiting === 0 && run.state === 'running') {
        this.#forget(file.path, run);
        run.abort.abort();
      }
    }
  }

  #start(file: FileIdentity): Run<T> {
    const abort = new AbortController();
    const run: Run<T> = {
      key: file.key,
      outcome: this.#examineUnchanged(file, abort.signal),
      abort,
      state: 'running',
      waiting: 0,
    };
    this.#runs.set(file.path, run);
    run.outcome.then(
      () => {
        run.state = 'settled';
      },
      () => {
        run.state = 'settled';
        this.#forget(file.path, run);
      },
    );
    return run;
  }

  async #examineUnchanged(file: FileIdentity, signal: AbortSignal): Promise<T> {
    const found = await this.#examine(file, signal);
    const now = await identifyFile(file.path);
    if (now.key !== file.key) throw corrupt(file.path, 'it was changed while it was being read');
    return found;
  }

  #forget(path: string, run: Run<T>): void {
    if (this.#runs.get(path) === run) this.#runs.delete(path);
  }
}

function outcomeOrAbort<T>(outcome: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return outcome;
  return new Promise((resolve, reject) => {
    const leave = () => {
      reject(aborted(signal));
    };
    signal.addEventListener('abort', leave, { once: true });
    outcome.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', leave);
    });
  });
}
