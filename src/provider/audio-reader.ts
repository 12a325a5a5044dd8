import { loadAddon } from './addon.js';
import { sampleRate } from './audio-format.js';
import { asEngineError } from './native-call.js';

/** Audio as 16 kHz mono, block by block. */
export interface AudioReader {
  /** Fills `into` from its beginning and says how far. Less than its length does not mean the end; 0 does. */
  read(into: Float32Array): Promise<number> | number;
  close(): void;
}

/**
 * Opens an encoded file (wav, mp3, flac, ogg), by path or as bytes.
 * @throws EngineError `AUDIO_MISSING`, `AUDIO_EMPTY`, `AUDIO_UNSUPPORTED`, `AUDIO_BROKEN`
 */
export function openEncoded(source: string | Uint8Array): AudioReader {
  const reader = asEngineError('AUDIO_BROKEN', () => loadAddon().openAudio(source));
  return {
    read: (into) => asEngineError('AUDIO_BROKEN', () => reader.read(into)),
    close: () => reader.close(),
  };
}

/**
 * Reads raw samples: interleaved channels at any rate.
 * @throws EngineError `AUDIO_INVALID` when a sample is not finite
 */
export function openSamples(samples: Float32Array | Int16Array, rate: number, channels: number): AudioReader {
  const converter = asEngineError('OPTION_INVALID', () =>
    loadAddon().openPcm({ encoding: samples instanceof Float32Array ? 'f32' : 's16', sampleRate: rate, channels }),
  );
  let position = 0;
  let converted: Float32Array = new Float32Array(0);
  return {
    read(into) {
      while (converted.length === 0 && position < samples.length) {
        const frames = Math.max(1, Math.ceil((into.length * rate) / sampleRate));
        const block = samples.subarray(position, position + frames * channels);
        position += block.length;
        converted = asEngineError('AUDIO_INVALID', () => converter.convert(block, position >= samples.length));
      }
      const read = converted.subarray(0, into.length);
      into.set(read);
      converted = converted.subarray(read.length);
      return read.length;
    },
    close: () => converter.close(),
  };
}
