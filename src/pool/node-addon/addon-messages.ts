import type { Capabilities } from '../../provider/provider.js';
import type { AddonRow } from './addon-rows.js';

/** What the process that speaks the protocol is told of a model. */
export interface AddonSettings {
  readonly path: string;
  readonly capabilities: Capabilities;
}

/** What the package's `transcribe` is asked for. It knows no other options that matter (1.0.2), none for threads or words. */
export interface AddonOptions {
  readonly model: string;
  /** Overruled by `pcmf32`, but it insists on a name. */
  readonly fname_inp: string;
  /** 16 kHz mono. It is not in its documents, but its binary takes it, and no file has to be written. */
  readonly pcmf32: Float32Array;
  readonly language: string;
  /** It translates unless it is told not to. */
  readonly translate: boolean;
  readonly use_gpu: boolean;
  /** Frames of the encoder; 0 for all. */
  readonly audio_ctx: number;
}

/** From the process that holds the package: `ready` or `failed` by itself, then an answer to each request. */
export type AddonMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'rows'; readonly rows: readonly AddonRow[] }
  | { readonly kind: 'failed'; readonly message: string };
