import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../dist/clock.js';
import { EngineError } from '../../dist/index.js';

/** No word twice, or the text would be taken for a decoder in a loop. */
const WORDS =
  `a grand old ship came home late with nine men and their young captain who told us about storms far north where
ice broke every mast but no sailor lost heart because songs kept them warm until spring brought calm seas`.split(
    /\s+/u,
  );
const WORDS_A_SECOND = 2.5;
const SAMPLE_RATE = 16_000;

/** A provider whose decodes take as long as it is told, and no CPU. */
export class ScriptedProvider {
  name = 'scripted';
  decodes = 0;
  #decodeSeconds;

  /** @param {number} decodeSeconds */
  constructor(decodeSeconds) {
    this.#decodeSeconds = decodeSeconds;
  }

  /** @returns {Promise<import('../../dist/index.js').ProviderState>} */
  probe() {
    return Promise.resolve({ kind: 'available', version: '1', backend: 'a timer' });
  }

  /** @returns {Promise<import('../../dist/index.js').Recognizer>} */
  open() {
    return Promise.resolve({
      model: { name: 'scripted', variant: 'none', path: '' },
      capabilities: {
        languages: ['en'],
        wordTimes: false,
        translate: false,
        abort: true,
        streaming: false,
        formats: ['f32le-16000-mono'],
      },
      decode: (chunk) => this.#decode(chunk),
      warm: () => Promise.resolve(),
      close: () => Promise.resolve(),
    });
  }

  /**
   * @param {import('../../dist/provider/recognition.js').Chunk} chunk
   * @returns {import('../../dist/provider/decode.js').Decode}
   */
  #decode({ pcm, speechEndSeconds }) {
    this.decodes += 1;
    const startedAtSeconds = systemClock.nowSeconds();
    const audioSeconds = pcm.length / SAMPLE_RATE;
    const text = ` ${WORDS.slice(0, Math.ceil(WORDS_A_SECOND * speechEndSeconds)).join(' ')}`;
    const stopping = new AbortController();
    const outcome = sleep(1000 * this.#decodeSeconds, undefined, { signal: stopping.signal }).then(
      () => ({
        recognition: {
          segments: [
            { startSeconds: 0, endSeconds: audioSeconds, text, averageLogProbability: -0.2, compressionRatio: 1.2 },
          ],
          language: 'en',
          noSpeechProbability: 0,
          temperature: 0,
          encoderContext: 1500,
          decodeSeconds: this.#decodeSeconds,
        },
        startedAtSeconds,
      }),
      () => {
        throw new EngineError('ABORTED', 'The decode was stopped.');
      },
    );
    return { outcome, stop: () => stopping.abort() };
  }
}
