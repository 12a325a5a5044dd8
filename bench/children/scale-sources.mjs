// What live sources cost the threads that are not slots, while a script decodes: scale-sources.mjs OPTIONS
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine } from '../../dist/index.js';
import { englishClips, readClips } from '../clips.mjs';
import { Player } from '../live/player.mjs';
import { readSpokenClip } from '../live/spoken-clip.mjs';
import { Murmurer, murmurOf } from '../scale/murmur.mjs';
import { ScriptedProvider } from '../scale/scripted-provider.mjs';
import { cpuSecondsByThread } from '../scale/thread-cpu.mjs';
import { quantile, seededRandom, spreadOf } from '../spread.mjs';
import { report } from './report.mjs';

const SOURCES_A_SESSION = 4;
const LOOP_RESOLUTION_MS = 1;
const READINGS = 20;
const FORMAT = /** @type {const} */ ({ encoding: 's16le', sampleRate: 16_000 });

/** @type {import('../scale/sources.mjs').SourcesOptions} */
const { levels, share, seconds, settlingSeconds, slots, decodeSeconds } = JSON.parse(process.argv[2] ?? '{}');
const clips = englishClips(readClips()).map((clip, i) => readSpokenClip(clip, seededRandom(i)));
const provider = new ScriptedProvider(decodeSeconds);
const engine = await createEngine({
  model: 'tiny.en',
  slots,
  threadsPerSlot: 1,
  language: 'en',
  sessionLimit: 1000,
  degradeDryRun: true,
  providers: [provider, 'whisper-cpp'],
});
while (engine.snapshot().providers[0]?.state !== 'serving') await sleep(50);

const [loud, chosen] = [murmurOf(clips, 0.9), murmurOf(clips, share)];
let listener = Number.NaN;
listener = await findListener();
const measured = [];
for (const sources of levels) {
  const idle = await level(sources, chosen, { isHeard: false, settling: 0, lasting: Math.max(1, seconds / 4) });
  const busy = await level(sources, chosen, { isHeard: true, settling: settlingSeconds, lasting: seconds });
  measured.push({ ...busy, mainCores: Math.max(0, busy.mainCores - idle.mainCores), writerCores: idle.mainCores });
}
report(measured);
await engine.close({ force: true });

/** The thread that works most besides this one, when people speak and a script decodes. */
async function findListener() {
  const { threads } = await level(10, loud, { isHeard: true, settling: 1, lasting: 2 });
  const [busiest] = [...threads].filter(([thread]) => thread !== process.pid).sort(([, a], [, b]) => b - a);
  return busiest?.[0] ?? Number.NaN;
}

/**
 * @param {number} sources
 * @param {Buffer} bytes
 * @param {{ isHeard: boolean, settling: number, lasting: number }} how
 */
async function level(sources, bytes, { isHeard, settling, lasting }) {
  const random = seededRandom(sources);
  /** @type {number[]} */
  const latencies = [];
  const sessions = [];
  /** @type {import('../../dist/session/source.js').Source[]} */
  const open = [];
  for (let first = 0; isHeard && first < sources; first += SOURCES_A_SESSION) {
    const session = await engine.openSession();
    session.on('final', ({ timings }) => latencies.push(timings.latencySeconds));
    session.on('error', ({ error }) => console.error(error.message));
    for (let i = first; i < Math.min(sources, first + SOURCES_A_SESSION); i += 1) {
      open.push(session.addSource(`speaker-${i + 1}`, { format: FORMAT }));
    }
    sessions.push(session);
  }
  const nobody = { tryWrite: () => true };
  const speakers = Array.from({ length: sources }, (_, i) => new Murmurer(open[i] ?? nobody, bytes, random));
  const player = new Player(speakers, random);
  player.start();
  await sleep(1000 * settling);

  latencies.length = 0;
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  const before = {
    threads: cpuSecondsByThread(),
    atMs: performance.now(),
    decodes: provider.decodes,
    unheardSeconds: unheardBy(open),
  };
  loop.enable();
  await sleep(1000 * lasting);
  loop.disable();
  const passedSeconds = (performance.now() - before.atMs) / 1000;
  const after = cpuSecondsByThread();
  const threads = new Map(
    [...after].map(([thread, cpuSeconds]) => [
      thread,
      (cpuSeconds - (before.threads.get(thread) ?? 0)) / passedSeconds,
    ]),
  );
  const unheardSeconds = unheardBy(open);
  const decodesASecond = (provider.decodes - before.decodes) / passedSeconds;
  const rssMebibytes = process.memoryUsage.rss() / 2 ** 20;
  const ledgerMs = medianMs(() => open.map((source) => source.ledger));
  const snapshotMs = medianMs(() => engine.snapshot());
  player.stop();
  await Promise.all(sessions.map((session) => session.abort()));
  return {
    sources,
    threads,
    mainCores: threads.get(process.pid) ?? 0,
    listenerCores: threads.get(listener) ?? 0,
    allCores: [...threads.values()].reduce((sum, cores) => sum + cores, 0),
    loopMs: { p50: loop.percentile(50) / 1e6, p99: loop.percentile(99) / 1e6 },
    latency: { count: latencies.length, p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95) },
    refused: speakers.reduce((sum, speaker) => sum + speaker.refused, 0),
    unheardSeconds,
    unheardGrowth: (unheardSeconds - before.unheardSeconds) / (sources * passedSeconds),
    decodesASecond,
    rssMebibytes,
    ledgerMs,
    snapshotMs,
  };
}

/** @param {readonly import('../../dist/session/source.js').Source[]} sources */
function unheardBy(sources) {
  return sources.reduce((sum, source) => sum + source.ledger.unheardSeconds, 0);
}

/** @param {() => unknown} look */
function medianMs(look) {
  const times = Array.from({ length: READINGS }, () => {
    const startMs = performance.now();
    look();
    return performance.now() - startMs;
  });
  return spreadOf(times).median;
}
