import { setTimeout as sleep } from 'node:timers/promises';
import { LiveClient } from '../../dist/client/index.js';
import { BadNetwork } from '../../test/bad-network.mjs';
import { englishClips } from '../clips.mjs';
import { Playlist } from '../live/playlist.mjs';
import { FRAME_SAMPLES, FRAMES_PER_SECOND, noise, readSpokenClip, SAMPLE_RATE } from '../live/spoken-clip.mjs';
import { seededRandom } from '../spread.mjs';
import { ListenerBooks } from './listener-books.mjs';
import { ServerProcess } from './server-process.mjs';

const CLIENTS = 20;
/** A source speaks for this share of the time: all together are then as many voices as two cores can follow. */
const TALKING = 0.25;
const TURN_SECONDS = 8;
/** Everything that was written is told in this time after the last word, or the run has failed. */
const PATIENCE_SECONDS = 120;

/**
 * @typedef {object} Disturbance
 * @property {string} name
 * @property {number} seed
 * @property {number} [meanBytes] after which a connection breaks
 * @property {number} delayMs
 * @property {number} [partitionEverySeconds]
 * @property {number} [killEverySeconds]
 */

/**
 * @typedef {object} Disturbed
 * @property {number} clients
 * @property {number} unfinished clients that were not told everything
 * @property {number} writtenSamples
 * @property {number} gapSamples
 * @property {number} finals
 * @property {number} finalsTwice
 * @property {number} gapSamplesTwice
 * @property {number} outOfOrder
 * @property {number} imbalance in samples
 * @property {readonly number[]} reconnectSeconds
 * @property {{ cut: number, stall: number, replay: number, partition: number, kill: number }} faults
 */

/**
 * Live clients in real time, through a network, or with a server, that does not deserve the name.
 *
 * @param {import('../result.mjs').Run} run
 * @param {number} seconds
 * @param {Disturbance} disturbance
 * @returns {Promise<Disturbed>}
 */
export async function runDisturbed({ clips, progress }, seconds, disturbance) {
  const { seed, meanBytes, delayMs, partitionEverySeconds, killEverySeconds } = disturbance;
  const server = new ServerProcess(3 * CLIENTS);
  await server.start();
  const random = seededRandom(seed);
  const network = new BadNetwork({ targetPort: server.port, random, meanBytes, delayMs, replays: 0.2 });
  const url = `ws://127.0.0.1:${await network.open()}/v1/live`;
  const spoken = englishClips(clips).map((clip, i) => readSpokenClip(clip, seededRandom(i)));
  const talkers = Array.from({ length: CLIENTS }, (_, at) => talker(url, spoken, seededRandom(seed + 1 + at), at));
  const counted = { partition: 0, kill: 0 };
  /** When the server, or the network, came back. @type {number[]} */
  const restoredAtMs = network.restoredAtMs;
  let isOver = false;
  const troubles = [
    every(partitionEverySeconds, async () => {
      counted.partition += 1;
      network.part();
      await sleep(1000 * (1 + 4 * random()));
      network.restore();
    }),
    every(killEverySeconds, async () => {
      counted.kill += 1;
      await server.kill();
      await server.start();
      restoredAtMs.push(performance.now());
    }),
  ];
  /** @param {number | undefined} everySeconds @param {() => Promise<void>} trouble */
  async function every(everySeconds, trouble) {
    if (everySeconds === undefined) return;
    for (;;) {
      await sleep(1000 * everySeconds * (0.5 + random()));
      if (isOver) return;
      await trouble();
    }
  }
  try {
    await speakFor(talkers, seconds, progress);
    isOver = true;
    await Promise.all(troubles);
    network.heal();
    progress(`the network is well; ${talkers.length} clients come to their ends`);
    const ended = await Promise.all(talkers.map(({ client }) => withinPatience(client)));
    return {
      clients: talkers.length,
      unfinished: ended.filter((hasEnded) => !hasEnded).length,
      writtenSamples: sum(talkers.map(({ writtenSamples }) => writtenSamples)),
      gapSamples: sum(talkers.map(({ books }) => books.gapSamples)),
      finals: sum(talkers.map(({ books }) => books.finals)),
      finalsTwice: sum(talkers.map(({ books }) => books.finalsTwice)),
      gapSamplesTwice: sum(talkers.map(({ books }) => books.gapSamplesTwice)),
      outOfOrder: sum(talkers.map(({ books }) => books.outOfOrder)),
      imbalance: sum(talkers.map(({ books, source, writtenSamples }) => books.imbalance(source, writtenSamples))),
      reconnectSeconds: talkers.flatMap(({ books }) =>
        books.reconnects.map(({ cutAtMs, liveAtMs }) => {
          const backAtMs = restoredAtMs.filter((at) => at > cutAtMs && at < liveAtMs).at(-1) ?? cutAtMs;
          return (liveAtMs - backAtMs) / 1000;
        }),
      ),
      faults: { ...network.faults, ...counted },
    };
  } finally {
    isOver = true;
    for (const { client } of talkers) client.abort();
    await server.kill();
    await network.close();
  }
}

/** @param {string} url @param {readonly import('../live/spoken-clip.mjs').SpokenClip[]} spoken @param {() => number} random @param {number} at */
function talker(url, spoken, random, at) {
  const client = new LiveClient(url, { language: 'en', partialEverySeconds: false, chance: random });
  const books = new ListenerBooks(client);
  const source = client.addSource('mic', { format: { encoding: 's16le', sampleRate: SAMPLE_RATE } });
  return { client, books, source, playlist: new Playlist(spoken, random), turn: at / CLIENTS, writtenSamples: 0 };
}

/** @param {ReturnType<typeof talker>[]} talkers @param {number} seconds @param {(line: string) => void} progress */
async function speakFor(talkers, seconds, progress) {
  const quiet = noise(0.001, 1, seededRandom(7));
  const startMs = performance.now();
  for (let frame = 0; frame < seconds * FRAMES_PER_SECOND; frame += 1) {
    await sleep(Math.max(0, startMs + (1000 * frame) / FRAMES_PER_SECOND - performance.now()));
    for (const one of talkers) {
      const turns = frame / FRAMES_PER_SECOND / (TURN_SECONDS / TALKING) + one.turn;
      const talks = turns % 1 < TALKING;
      const bytes = talks ? one.playlist.next()?.bytes : undefined;
      // A microphone cannot wait; a client that was refused is found at its end.
      void one.source.write(bytes ?? quiet.subarray(0, 2 * FRAME_SAMPLES)).catch(() => undefined);
      one.writtenSamples += FRAME_SAMPLES;
    }
    if (frame % (30 * FRAMES_PER_SECOND) === 0) progress(`${frame / FRAMES_PER_SECOND} s of ${seconds} s`);
  }
}

/** @param {LiveClient} client */
async function withinPatience(client) {
  const tooLate = new AbortController();
  const late = sleep(1000 * PATIENCE_SECONDS, false, { signal: tooLate.signal }).catch(() => false);
  const ended = client.end().then(
    () => true,
    () => false,
  );
  const hasEnded = await Promise.race([ended, late]);
  tooLate.abort();
  return hasEnded;
}

/** @param {readonly number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
