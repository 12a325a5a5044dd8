import { Bench } from 'tinybench';
import { createEngine, policies } from '../../dist/index.js';
import { decodeAudioFrame, encodeAudioFrame } from '../../dist/wire/audio-frame.js';
import { figure } from '../result.mjs';

const FRAME_BYTES = 640; // 20 ms of 16-bit samples at 16 kHz
const SOURCES = 20;
const SOURCES_A_SESSION = 4;
const HISTORY_SECONDS = 600;

/** @type {import('../../dist/index.js').LoadSnapshot} */
const LOADED = {
  atSeconds: 1000,
  minuteOfDay: 600,
  rung: 1,
  capacity: 2,
  load: policies.standard.rungs.map((_, rung) => 1.2 / (1 + rung)),
  smallestSojournSeconds: 0.3,
  chunkSeconds: 8,
  secondsToOverflow: 60,
  switchSeconds: policies.standard.rungs.map(() => 0),
  rtf: { mean: 0.2, p50: 0.2, p95: 0.3 },
  turnaroundRtf: 0.4,
  sources: { critical: 4, normal: 10, background: 6 },
  speechShare: 0.6,
};

/**
 * What is done often and takes little, by tinybench.
 *
 * @param {import('../result.mjs').Run} run
 * @param {number} milliseconds of each
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureSmall({ progress }, milliseconds) {
  progress('what is done often');
  const engine = await createEngine({
    model: 'tiny.en',
    slots: 1,
    threadsPerSlot: 1,
    language: 'en',
    sessionLimit: 10,
  });
  try {
    for (let session = 0; session < SOURCES / SOURCES_A_SESSION; session += 1) {
      const open = await engine.openSession();
      for (let at = 0; at < SOURCES_A_SESSION; at += 1) {
        open.addSource(`speaker-${at}`, { format: { encoding: 's16le', sampleRate: 16_000 } });
      }
    }
    const audio = new Uint8Array(FRAME_BYTES);
    const snapshots = Array.from({ length: HISTORY_SECONDS }, (_, at) => ({
      ...LOADED,
      atSeconds: LOADED.atSeconds - HISTORY_SECONDS + 1 + at,
    }));
    const bench = new Bench({ time: milliseconds, throws: true });
    bench.add('20 ms of audio into a wire frame and out', () =>
      decodeAudioFrame(encodeAudioFrame({ sourceId: 7, fromByte: 64_000, audio })),
    );
    bench.add('a decision of the ladder, ten minutes of history', () =>
      policies.standard.decide(LOADED, { snapshots, changes: [] }),
    );
    bench.add(`engine.snapshot(), ${SOURCES} live sources`, () => engine.snapshot());
    await bench.run();
    return {
      figures: bench.tasks.map(figureOf),
      tables: [],
      notes: [
        'Done often: tinybench, after its warm-up, in this process while the engine is idle; the median, and from the fastest to the 99th percentile in place of the slowest, which is a collection of garbage.',
      ],
    };
  } finally {
    await engine.close({ force: true });
  }
}

/** @param {import('tinybench').Task} task */
function figureOf({ name, result }) {
  if (result.state !== 'completed') throw new Error(`${name} was ${result.state}.`);
  const { min, p50, p99, samplesCount } = result.latency;
  const [minimum = 0, median = 0, maximum = 0] = [min, p50, p99].map((milliseconds) => 1000 * milliseconds);
  return figure(name, 'µs', median, undefined, { minimum, median, maximum, count: samplesCount });
}
