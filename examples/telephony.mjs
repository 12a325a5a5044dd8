// A telephone call as it comes from the network: mu-law at 8 kHz, 20 ms a packet, the caller on the one channel and the
// agent on the other:  node examples/telephony.mjs [SPEED]
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine } from '../dist/index.js'; // 'whisperpool' outside this repository
import { readWav } from './wav-file.mjs';

const speed = Number(process.argv[2] ?? 1);
const speakers = /** @type {const} */ (['caller', 'agent']);
/** Pauses of the clip: whoever listens speaks next. */
const turnsAtSeconds = [4.2, 7.2, 10.5, 14.5, 17.4, 20.8, 24.6, 28.8, 31.8];
const framesPerPacket = 160;

/** One 16-bit sample as G.711 has it: sign, exponent and four bits of mantissa, all inverted. @param {number} sample */
function muLawOf(sample) {
  const magnitude = Math.min(Math.abs(sample), 32_635) + 132;
  const exponent = Math.floor(Math.log2(magnitude)) - 7;
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f));
}

/** A call with both sides, made of a bundled clip by turns. @returns {Promise<Uint8Array>} */
async function recordedCall() {
  const { format, bytes } = await readWav(new URL('../test/fixtures/harvard_8k.wav', import.meta.url));
  const call = new Uint8Array(bytes.length).fill(muLawOf(0));
  for (let frame = 0; frame < bytes.length / 2; frame += 1) {
    const turns = turnsAtSeconds.filter((seconds) => frame / format.sampleRate >= seconds).length;
    call[2 * frame + (turns % 2)] = muLawOf(bytes.readInt16LE(2 * frame));
  }
  return call;
}

try {
  const call = await recordedCall();
  const engine = await createEngine();
  try {
    const session = await engine.openSession({ language: 'en', prompt: 'A telephone call.' });
    const hangUp = new AbortController();
    process.once('SIGINT', () => {
      process.exitCode = 130;
      hangUp.abort();
      void session.abort();
    });
    session.on('final', ({ channel = 0, startSeconds, text }) => {
      console.log(`${startSeconds.toFixed(1).padStart(6)} s  ${speakers[channel]?.padEnd(6)}  ${text}`);
    });

    // A network cannot be held back: when the machine falls behind, what is told late goes by way of the disk.
    const line = session.addSource('line', {
      format: { encoding: 'mulaw', sampleRate: 8000, channels: 2, channelMode: 'split' },
      priority: 'critical',
      shed: 'spool',
    });
    const start = performance.now();
    for (let frame = 0; 2 * frame < call.length && !hangUp.signal.aborted; frame += framesPerPacket) {
      await line.write(call.subarray(2 * frame, 2 * (frame + framesPerPacket)));
      const waitMs = start + frame / 8 / speed - performance.now();
      if (waitMs > 1) await sleep(waitMs, undefined, { signal: hangUp.signal }).catch(() => undefined);
    }
    await session.end();
  } finally {
    await engine.close();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode ??= 1;
}
