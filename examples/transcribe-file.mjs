// The text of a recording with its times, and what it took:  node examples/transcribe-file.mjs FILE
import { fileURLToPath } from 'node:url';
import { createEngine } from '../dist/index.js'; // 'whisperpool' outside this repository

const file = process.argv[2] ?? fileURLToPath(new URL('../test/fixtures/jfk.wav', import.meta.url));

/** @param {number} seconds */
const clock = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 22);

try {
  const engine = await createEngine({ model: 'base' });
  try {
    const { language, durationSeconds, timings, used } = await engine.transcribe(file, {
      onSegment: ({ startSeconds, endSeconds, text }) =>
        console.log(`${clock(startSeconds)} – ${clock(endSeconds)}  ${text}`),
    });
    console.log(`
${file}: ${durationSeconds.toFixed(1)} s, language ${language}
provider         ${used.provider}
model            ${used.model}, ${used.variant}
slots            ${used.slots}, each with ${used.threadsPerSlot} thread(s)
encoder context  ${timings.encoderContext} of 1500 frames; ${timings.pieces} piece(s), ${timings.retries} decoded twice
time             ${timings.totalSeconds.toFixed(2)} s; decoding ${timings.decodeSeconds.toFixed(2)} s, RTF ${timings.rtf.toFixed(3)}`);
  } finally {
    await engine.close();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
