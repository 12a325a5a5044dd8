import type { Chunk, Recognition } from './recognition.js';

/** The model behind a text. */
export interface DecodingModel {
  readonly name: string;
  readonly variant: string;
  readonly path: string;
}

/** What became of a chunk. */
export interface SlotOutcome {
  /** Who decoded it, where that is not whisper.cpp. */
  readonly provider?: string;
  /** The model that decoded it, where the caller of the pool said so. */
  readonly model?: DecodingModel;
  /** How it was asked to decode, where the caller of the pool said so. */
  readonly asked?: Pick<Chunk, 'encoderContext' | 'beamSize'>;
  readonly recognition: Recognition;
  /** When it was begun, on the scale of `Clock.nowSeconds`. */
  readonly startedAtSeconds: number;
}

/** A decode that is under way. */
export interface Decode {
  readonly outcome: Promise<SlotOutcome>;
  /** Stops it as soon as its provider can; `outcome` then rejects with `ABORTED`. */
  readonly stop: () => void;
}
