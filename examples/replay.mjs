// A recording, played into a live session as a microphone would bring it:  node examples/replay.mjs [FILE.wav] [SPEED]
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine } from '../dist/index.js'; // 'whisperpool' outside this repository
import { readWav } from './wav-file.mjs';

const [file = new URL('../test/fixtures/jfk.wav', import.meta.url), speed = '1'] = process.argv.slice(2);
const stepSeconds = 0.02;
const { stderr } = process;

/** What is said now, on one line that the next one replaces. @param {string} text */
const show = (text) => stderr.write(stderr.isTTY ? `\r\x1b[K${text.slice(1 - stderr.columns)}` : `${text}\n`);

/** @param {number} startSeconds @param {number} endSeconds */
const span = (startSeconds, endSeconds) => `${startSeconds.toFixed(2)} – ${endSeconds.toFixed(2)}`;

try {
  const { format, bytes } = await readWav(file);
  const bytesPerSecond = format.sampleRate * format.channels * 2;
  const engine = await createEngine();
  try {
    const session = await engine.openSession();
    const stopping = new AbortController();
    process.once('SIGINT', () => {
      process.exitCode = 130;
      stopping.abort();
      void session.abort();
    });

    session
      .on('partial', ({ confirmed, tentative }) => show(`… ${confirmed} [${tentative}]`))
      .on('final', ({ startSeconds, endSeconds, text, timings }) => {
        if (stderr.isTTY) show('');
        console.log(`${span(startSeconds, endSeconds)}  ${text}  (after ${timings.latencySeconds.toFixed(2)} s)`);
      })
      .on('gap', ({ startSeconds, endSeconds, reason }) =>
        console.log(`${span(startSeconds, endSeconds)}  [${reason}]`),
      );

    const microphone = session.addSource('microphone', { format });
    const step = Math.ceil(stepSeconds * format.sampleRate) * format.channels * 2;
    const start = performance.now();
    for (let at = 0; at < bytes.length && !stopping.signal.aborted; at += step) {
      await microphone.write(bytes.subarray(at, at + step));
      const dueSeconds = (at + step) / bytesPerSecond / Number(speed);
      const waitMs = start + dueSeconds * 1000 - performance.now();
      if (waitMs > 1) await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    const { sources } = await session.end();
    for (const { ledger } of sources) console.log('Where the seconds went:', ledger);
  } finally {
    await engine.close();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode ??= 1;
}
