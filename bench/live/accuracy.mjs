import { errorPercent, wordErrors } from '../wer.mjs';
import { SAMPLE_RATE } from './spoken-clip.mjs';

/**
 * Word errors of the live text and of a file with the very same samples, both against what was said.
 *
 * @param {import('../../dist/index.js').Engine} engine
 * @param {import('./level.mjs').Level} level whose sources said their clips to the end
 */
export async function compareWithFile(engine, { streams }) {
  const counts = [];
  for (const { playlist, text } of streams) {
    const reference = playlist.clips.map(({ clip }) => clip.reference).join(' ');
    const file = await engine.transcribe({ samples: playlist.samples(), sampleRate: SAMPLE_RATE });
    counts.push({
      live: wordErrors(reference, text, 'en'),
      file: wordErrors(reference, file.text, 'en'),
      apart: wordErrors(file.text, text, 'en'),
      texts: { reference, live: text, file: file.text },
    });
  }
  return {
    words: counts.reduce((sum, { live }) => sum + live.length, 0),
    live: errorPercent(counts.map(({ live }) => live)),
    file: errorPercent(counts.map(({ file }) => file)),
    apart: errorPercent(counts.map(({ apart }) => apart)),
    texts: counts.map(({ texts }) => texts),
  };
}
