import { fileURLToPath } from 'node:url';
import { describe, EngineError, type EngineErrorCode } from '../errors.js';
import { type LoadState, type WarmLevel, warmLevel } from '../model/load-state.js';
import type { Transcript } from '../transcript/transcript.js';

/** Half a second of speech. */
const checkClip = fileURLToPath(new URL('../../assets/half-second.wav', import.meta.url));

export interface HealthOptions {
  /** Also decode half a second of speech. @defaultValue false */
  readonly deep?: boolean | undefined;
  /** Gives up the decode. */
  readonly signal?: AbortSignal | undefined;
}

/** Whether an engine can do its work. */
export interface Health {
  /** `starting` while a model loads, `idle` while none is wanted, `failed` when none could be had. */
  readonly status: 'ready' | 'starting' | 'idle' | 'failed' | 'closed';
  /** 0 nothing is known, 1 the model file is verified, 2 its weights are resident, 3 every slot has decoded once. */
  readonly level: WarmLevel;
  readonly model: LoadState;
  /** What became of half a second of real speech; present when it was asked for and the engine is ready. */
  readonly deep?: DeepHealth;
}

export type DeepHealth =
  | { readonly ok: true; readonly text: string; readonly seconds: number }
  | { readonly ok: false; readonly code: EngineErrorCode; readonly reason: string };

/** The state of an engine in one look. */
export function healthOf(model: LoadState, isClosed: boolean): Health {
  if (isClosed) return { status: 'closed', level: 0, model };
  const statuses = { idle: 'idle', loading: 'starting', ready: 'ready', failed: 'failed' } as const;
  return { status: statuses[model.kind], level: warmLevel(model), model };
}

/** Has half a second of speech transcribed; no text from it means that the engine only looks alive. */
export async function deepHealth(transcribe: (clip: string) => Promise<Transcript>) {
  try {
    const { text, timings } = await transcribe(checkClip);
    if (text.trim() !== '') return { ok: true, text, seconds: timings.totalSeconds } satisfies DeepHealth;
    const reason = 'Half a second of speech gave no text. The weights or the build may be damaged.';
    return { ok: false, code: 'DECODE_FAILED', reason } satisfies DeepHealth;
  } catch (error) {
    const { code } = EngineError.from(error, 'INTERNAL', 'The check failed.');
    return { ok: false, code, reason: describe(error) } satisfies DeepHealth;
  }
}
