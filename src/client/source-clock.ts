import { EngineError } from '../errors.js';
import type { WireSourceOptions } from '../wire/live-messages.js';
import type { Stretch } from './told.js';

type Format = WireSourceOptions['format'];

const bytesPerSample: Readonly<Record<Format['encoding'], number>> = { s16le: 2, f32le: 4, mulaw: 1, alaw: 1 };
const silentByte: Readonly<Record<Format['encoding'], number>> = { s16le: 0, f32le: 0, mulaw: 0xff, alaw: 0xd5 };
const largestPacketBytes = 65_536;
/** Seconds are sums of fractions: what is this near to a whole sample frame is that one. */
const tolerance = 1e-4;

/** Bytes, sample frames and seconds of a source: three ways to say one place. Second 0 is the first sample ever written. */
export class SourceClock {
  readonly bytesPerFrame: number;
  /** Of 100 ms, where that is not too much. */
  readonly packetBytes: number;
  /** The channel of each track; undefined for the one track of a mix. */
  readonly tracks: readonly (number | undefined)[];
  readonly #format: Format;
  readonly #channels: number;

  /** @throws EngineError `OPTION_INVALID` */
  constructor(format: Format) {
    const { encoding, sampleRate, channels = 1, channelMode } = checked(format);
    this.#format = format;
    this.#channels = channels;
    this.bytesPerFrame = bytesPerSample[encoding] * channels;
    const isSplit = channelMode === 'split' && channels > 1;
    this.tracks = isSplit ? Array.from({ length: channels }, (_, channel) => channel) : [undefined];
    const frames = Math.min(Math.round(sampleRate / 10), Math.floor(largestPacketBytes / this.bytesPerFrame));
    this.packetBytes = Math.max(1, frames) * this.bytesPerFrame;
  }

  secondsOf(frame: number): number {
    return frame / this.#format.sampleRate;
  }

  /** The frames that a stretch of time touches. */
  framesIn(startSeconds: number, endSeconds: number): Stretch {
    const { sampleRate } = this.#format;
    return { from: Math.floor(startSeconds * sampleRate + tolerance), to: this.frameAt(endSeconds) };
  }

  /** The first frame that is not before. */
  frameAt(seconds: number): number {
    return Math.ceil(seconds * this.#format.sampleRate - tolerance);
  }

  /** Makes frames of a track silent; `audio` begins with frame `first`. */
  silence(audio: Uint8Array, first: number, track: number, { from, to }: Stretch): void {
    const { encoding } = this.#format;
    if (this.tracks.length === 1) {
      audio.fill(silentByte[encoding], (from - first) * this.bytesPerFrame, (to - first) * this.bytesPerFrame);
      return;
    }
    const sample = bytesPerSample[encoding];
    for (let frame = from; frame < to; frame += 1) {
      const at = ((frame - first) * this.#channels + track) * sample;
      audio.fill(silentByte[encoding], at, at + sample);
    }
  }
}

/** The server looks closer; this is what the client itself reckons with. */
function checked(format: Format): Format {
  const { encoding, sampleRate, channels = 1 } = (format as Format | undefined) ?? ({} as Partial<Format>);
  const isKnown = encoding !== undefined && Object.hasOwn(bytesPerSample, encoding);
  if (isKnown && isWhole(sampleRate) && isWhole(channels)) return format;
  throw new EngineError(
    'OPTION_INVALID',
    `A source needs a format: { encoding: ${Object.keys(bytesPerSample).join(' | ')}, sampleRate, channels, channelMode }.`,
  );
}

function isWhole(value: number | undefined): boolean {
  return value !== undefined && Number.isSafeInteger(value) && value > 0;
}
