import type { EngineError } from '../errors.js';
import type { ModelSource } from './resolve.js';
import type { Variant } from './variant.js';

/** What loading a model came to: what was asked for, what it became, and why. */
export interface LoadResult {
  /** As the caller said it; `variant` is `auto` when none was named. */
  readonly requested: { readonly model: string; readonly variant: string };
  readonly actual: {
    readonly model: string;
    readonly variant: Variant;
    readonly path: string;
    readonly sizeBytes: number;
    /** `sha256`: every byte is the published one. `structure`: the file is whole and loadable, its weights are unknown. */
    readonly checked: 'sha256' | 'structure';
  };
  /** True when `actual` is not what was asked for. */
  readonly didFallback: boolean;
  /** One sentence; present when `didFallback`. */
  readonly fallbackReason?: string;
  /** Where the file was. */
  readonly source: ModelSource;
  /** Wall time to find, check, fetch where needed, and read the weights. */
  readonly loadMs: number;
  /** Wall time to allocate and warm a state on every slot. */
  readonly warmMs: number;
}

/** How far a load has come. */
export type LoadProgress =
  | { readonly step: 'find' }
  | { readonly step: 'download'; readonly doneBytes: number; readonly totalBytes: number }
  /** The file is checked and its weights are being read. */
  | { readonly step: 'read' }
  /** The weights are in memory. */
  | { readonly step: 'warm'; readonly slotsWarm: number; readonly slots: number };

export type LoadState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'loading'; readonly progress: LoadProgress }
  | { readonly kind: 'ready'; readonly result: LoadResult }
  | { readonly kind: 'failed'; readonly error: EngineError };

/** How warm a model is: 0 nothing is known, 1 its file is verified, 2 its weights are resident, 3 every slot has decoded once. */
export type WarmLevel = 0 | 1 | 2 | 3;

export function warmLevel(state: LoadState): WarmLevel {
  if (state.kind === 'ready') return 3;
  if (state.kind !== 'loading') return 0;
  switch (state.progress.step) {
    case 'find':
    case 'download':
      return 0;
    case 'read':
      return 1;
    case 'warm':
      return 2;
    default:
      return state.progress satisfies never;
  }
}
