import { EngineError } from '../errors.js';
import { loadAddon, type NativePcmConverter } from './addon.js';
import { decodeG711 } from './g711.js';
import { asEngineError } from './native-call.js';
import { bytesPerFrame, largestSample, type StreamFormat, trackCount } from './stream-format.js';

/** Whole frames, channels interleaved. */
export type Frames = Float32Array | Int16Array;

/**
 * Raw bytes of one format to 16 kHz tracks, as a stream. Where the bytes are cut does not change one bit of the
 * output; n frames give ceil(n · 16,000 / rate) samples a track, as they do in a file.
 */
export class PcmStream {
  readonly format: StreamFormat;
  /** One a track. */
  readonly #converters: readonly NativePcmConverter[];
  /** The frame that the last bytes left incomplete. */
  #unfinished: Uint8Array = new Uint8Array(0);

  constructor(format: StreamFormat) {
    this.format = format;
    const { encoding, sampleRate, channels } = format;
    const tracks = trackCount(format);
    this.#converters = Array.from({ length: tracks }, () =>
      asEngineError('OPTION_INVALID', () =>
        loadAddon().openPcm({
          encoding: encoding === 'f32le' ? 'f32' : 's16',
          sampleRate,
          channels: channels / tracks,
        }),
      ),
    );
  }

  /**
   * The frames that are whole with these bytes; what is left waits for the next. The frames may lie in the memory of
   * the bytes.
   * @throws EngineError `AUDIO_INVALID` when a sample is no number; then nothing of the bytes was taken
   */
  frames(bytes: Uint8Array): Frames {
    const all = joined(this.#unfinished, bytes);
    const wholeBytes = all.length - (all.length % bytesPerFrame(this.format));
    const frames = framesOf(this.format, all.subarray(0, wholeBytes));
    if (frames instanceof Float32Array) checkSamples(frames);
    this.#unfinished = new Uint8Array(all.subarray(wholeBytes));
    return frames;
  }

  /** Converts frames, going on from the last call; `isLast` gives out what the resamplers still hold. */
  convert(frames: Frames, isLast: boolean): readonly Float32Array[] {
    return this.#converters.map((converter, track) => {
      const samples = this.#converters.length === 1 ? frames : channelOf(frames, track, this.format.channels);
      return asEngineError('AUDIO_INVALID', () => converter.convert(samples, isLast));
    });
  }

  /** Ends the stream: what the resamplers still hold. An incomplete frame is dropped. */
  flush(): readonly Float32Array[] {
    return this.convert(framesOf(this.format, new Uint8Array(0)), true);
  }

  close(): void {
    for (const converter of this.#converters) converter.close();
  }
}

function joined(before: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (before.length === 0) return bytes;
  const all = new Uint8Array(before.length + bytes.length);
  all.set(before);
  all.set(bytes, before.length);
  return all;
}

function framesOf({ encoding }: StreamFormat, bytes: Uint8Array): Frames {
  switch (encoding) {
    case 's16le': {
      const { buffer, byteOffset, byteLength } = aligned(bytes, Int16Array.BYTES_PER_ELEMENT);
      return new Int16Array(buffer, byteOffset, byteLength / Int16Array.BYTES_PER_ELEMENT);
    }
    case 'f32le': {
      const { buffer, byteOffset, byteLength } = aligned(bytes, Float32Array.BYTES_PER_ELEMENT);
      return new Float32Array(buffer, byteOffset, byteLength / Float32Array.BYTES_PER_ELEMENT);
    }
    case 'mulaw':
    case 'alaw':
      return decodeG711(encoding, bytes);
    default:
      throw new EngineError('INTERNAL', `There is no such encoding: ${String(encoding satisfies never)}.`);
  }
}

/** Bytes at an address at which numbers of this size may lie. */
function aligned(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
}

function checkSamples(samples: Float32Array): void {
  // Comparing false is how NaN is found.
  const invalid = samples.findIndex((sample) => !(Math.abs(sample) <= largestSample));
  if (invalid < 0) return;
  throw new EngineError(
    'AUDIO_INVALID',
    `Sample ${invalid} of the live audio is ${samples[invalid]}. Give finite numbers; nothing of these bytes was taken.`,
  );
}

function channelOf(frames: Frames, channel: number, channels: number): Frames {
  const length = frames.length / channels;
  const samples = frames instanceof Float32Array ? new Float32Array(length) : new Int16Array(length);
  for (let at = 0; at < length; at += 1) samples[at] = frames[at * channels + channel] ?? 0;
  return samples;
}
