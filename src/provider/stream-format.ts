/** How one sample is written: 16-bit integers, 32-bit floats in −1 … 1, or one of the two telephone codes (G.711). */
export type SampleEncoding = 's16le' | 'f32le' | 'mulaw' | 'alaw';

/** How the bytes of a live source are to be read. */
export interface LiveFormat {
  /** `s16le`: 16-bit integers. `f32le`: 32-bit floats in −1 … 1. `mulaw`, `alaw`: telephone, 8 bits. */
  readonly encoding: SampleEncoding;
  /** Samples per second of one channel: a whole number, 8,000 … 48,000. */
  readonly sampleRate: number;
  /** Interleaved, at most 64. @defaultValue 1 */
  readonly channels?: number | undefined;
  /** `mix` averages all channels to one track, `split` makes each a track of its own. @defaultValue 'mix' */
  readonly channelMode?: 'mix' | 'split' | undefined;
}

/** The same with nothing left open. */
export interface StreamFormat extends LiveFormat {
  readonly channels: number;
  readonly channelMode: 'mix' | 'split';
}

/** Larger floats are not audio, and would overflow when they are squared. */
export const largestSample = 1e9;

export const bytesPerSample: Readonly<Record<SampleEncoding, number>> = { s16le: 2, f32le: 4, mulaw: 1, alaw: 1 };

export function completeFormat({ encoding, sampleRate, channels = 1, channelMode = 'mix' }: LiveFormat): StreamFormat {
  return { encoding, sampleRate, channels, channelMode };
}

/** Bytes of one sample of every channel. */
export function bytesPerFrame({ encoding, channels = 1 }: LiveFormat): number {
  return bytesPerSample[encoding] * channels;
}

/** How many tracks come out: one, or the channels when they are split. */
export function trackCount({ channels = 1, channelMode }: LiveFormat): number {
  return channelMode === 'split' ? channels : 1;
}
