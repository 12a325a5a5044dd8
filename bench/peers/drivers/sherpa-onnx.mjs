import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { peerFolder } from '../place.mjs';
import { requirePeer } from './package.mjs';
import { serve } from './serve.mjs';
import { readSamples } from './wav.mjs';

/**
 * @typedef {object} Recognizer
 * @property {() => { acceptWaveform: (audio: { samples: Float32Array, sampleRate: number }) => void }} createStream
 * @property {(stream: ReturnType<Recognizer['createStream']>) => Promise<{ text: string }>} decodeAsync
 */

serve(({ model, threads }) => {
  const { OfflineRecognizer } = /** @type {{ OfflineRecognizer: new (options: object) => Recognizer }} */ (
    requirePeer('sherpa-onnx', 'sherpa-onnx-node')
  );
  const place = (/** @type {string} */ name) => join(peerFolder('sherpa-onnx'), model, name);
  /** @type {Recognizer} */
  let recognizer;
  try {
    recognizer = new OfflineRecognizer({
      modelConfig: {
        whisper: { encoder: place('encoder.onnx'), decoder: place('decoder.onnx'), language: 'en', task: 'transcribe' },
        tokens: place('tokens.txt'),
        numThreads: threads,
      },
    });
  } catch (error) {
    const isThere = existsSync(place('encoder.onnx'));
    throw isThere ? error : new Error(`${String(error)} There are no ONNX weights in ${place('')}.`);
  }
  return {
    canAbort: false,
    async transcribe(file) {
      const stream = recognizer.createStream();
      stream.acceptWaveform({ samples: await readSamples(file), sampleRate: 16_000 });
      return (await recognizer.decodeAsync(stream)).text;
    },
    close: () => undefined,
  };
});
