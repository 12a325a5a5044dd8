import type { LoadProgress, LoadResult } from '../dist/model/load-state.js';
import type { Loader } from '../dist/model/model-loading.js';

/** What a scripted load gives: a number that says which load it was. */
export interface ScriptedModel {
  readonly load: number;
  readonly result: LoadResult;
}

interface ScriptedLoad {
  readonly signal: AbortSignal;
  progress(progress: LoadProgress): void;
  succeed(): void;
  fail(error: unknown): void;
}

/** A loader without weights: a test says when each load makes progress, succeeds or fails. */
export class ScriptedLoader implements Loader<ScriptedModel> {
  /** Every load that was begun, in order. */
  readonly loads: ScriptedLoad[] = [];
  /** The loads that were given back, by number. */
  readonly unloaded: number[] = [];

  load({ signal, onProgress }: Parameters<Loader<ScriptedModel>['load']>[0]): Promise<ScriptedModel> {
    const load = this.loads.length;
    return new Promise((resolve, reject) => {
      const succeed = () => resolve({ load, result: resultOf(`model ${load}`) });
      this.loads.push({ signal, progress: onProgress, succeed, fail: reject });
    });
  }

  unload({ load }: ScriptedModel): Promise<void> {
    this.unloaded.push(load);
    return Promise.resolve();
  }

  /** The load that was begun last. */
  get last(): ScriptedLoad {
    const last = this.loads.at(-1);
    if (!last) throw new Error('Nothing was loaded.');
    return last;
  }
}

function resultOf(model: string): LoadResult {
  return {
    requested: { model, variant: 'auto' },
    actual: { model, variant: 'q8_0', path: `/models/${model}.bin`, sizeBytes: 1, checked: 'sha256' },
    didFallback: false,
    source: 'folder',
    loadMs: 1,
    warmMs: 1,
  };
}
