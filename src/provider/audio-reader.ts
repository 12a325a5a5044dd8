import { EngineError } from '../errors.js';
import { loadAddon, type NativeAudioReader, type NativePcmConverter } from './addon.js';
import { sampleRate } from './audio-format.js';
import { asEngineError } from './native-call.js';

/** Audio as 16 kHz mono, block by block. */
export interface AudioReader {
  /** Up to `most` samples; an empty array at the end. Fewer than `most` does not mean the end. */
  read(most: number): Promise<Float32Array> | Float32Array;
  close(): void;
}

/**
 * Opens an encoded file (wav, mp3, flac, ogg), by path or as bytes.
 * @throws EngineError `AUDIO_MISSING`, `AUDIO_EMPTY`, `AUDIO_UNSUPPORTED`, `AUDIO_BROKEN`
 */
export function openEncoded(source: string | Uint8Array): AudioReader {
  const reader: NativeAudioReader = asEngineError('AUDIO_BROKEN', () => loadAddon().openAudio(source));
  return {
    read: (most) => asEngineError('AUDIO_BROKEN', () => reader.read(most)),
    close: () => reader.close(),
  };
}

/**
 * Reads raw samples: interleaved channels at any rate.
 * @throws EngineError `AUDIO_INVALID` when a sample is not finite
 */
export function openSamples(samples: Float32Array | Int16Array, rate: number, channels: number): AudioReader {
  if (samples.length === 0)
    throw new EngineError('AUDIO_EMPTY', 'There are no samples. Give audio of any length above zero.');
  const converter: NativePcmConverter = asEngineError('OPTION_INVALID', () =>
    loadAddon().openPcm({ encoding: samples instanceof Float32Array ? 'f32' : 's16', sampleRate: rate, channels }),
  );
  let position = 0;
  return {
    read(most) {
      if (position >= samples.length) return new Float32Array(0);
      const frames = Math.max(1, Math.ceil((most * rate) / sampleRate));
      const next = Math.min(samples.length, position + frames * channels);
      const block = samples.subarray(position, next);
      position = next;
      return asEngineError('AUDIO_INVALID', () => converter.convert(block, position >= samples.length));
    },
    close: () => converter.close(),
  };
}
