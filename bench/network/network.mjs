import { atMost, combined, exactly, figure } from '../result.mjs';
import { quantile, spreadOf } from '../spread.mjs';
import { runDisturbed } from './disturbed-clients.mjs';

/** @typedef {import('./disturbed-clients.mjs').Disturbance} Disturbance */

const FULL_SECONDS = 180;
const QUICK_SECONDS = 40;
/** @type {Disturbance} */
const BAD = { name: 'a bad network', seed: 1, meanBytes: 600_000, delayMs: 60, partitionEverySeconds: 25 };
/** @type {Disturbance} */
const KILLED = { name: 'kill -9 of the server', seed: 2, delayMs: 0, killEverySeconds: 30 };

/**
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureNetwork(run) {
  const asked = process.argv.find((argument) => argument.startsWith('--seconds='))?.slice('--seconds='.length);
  const seconds = Number(asked ?? (run.quick ? QUICK_SECONDS : FULL_SECONDS));
  const parts = [];
  if (!process.argv.includes('--kill')) parts.push(await measure(run, seconds, BAD));
  parts.push(await measure(run, seconds, KILLED));
  return combined(parts);
}

/**
 * @param {import('../result.mjs').Run} run
 * @param {number} seconds
 * @param {Disturbance} disturbance
 * @returns {Promise<import('../result.mjs').Findings>}
 */
async function measure(run, seconds, disturbance) {
  const { name } = disturbance;
  run.progress(name);
  const found = await runDisturbed(run, seconds, disturbance);
  const { faults, reconnectSeconds } = found;
  const written = found.writtenSamples / 16_000;
  return {
    figures: [
      figure(`${name}: clients that were not told everything`, 'count', found.unfinished, exactly(0)),
      figure(`${name}: finals told twice`, 'count', found.finalsTwice, exactly(0)),
      figure(`${name}: events out of order`, 'count', found.outOfOrder, exactly(0)),
      figure(`${name}: samples in two gaps`, 'samples', found.gapSamplesTwice, exactly(0)),
      figure(`${name}: samples neither settled nor in a gap`, 'samples', found.imbalance, exactly(0)),
      figure(
        `${name}: reconnect p95, from when the network or the server is back`,
        's',
        reconnectSeconds.length === 0 ? Number.NaN : quantile(reconnectSeconds, 0.95),
        disturbance.killEverySeconds === undefined ? atMost(3) : undefined,
        reconnectSeconds.length === 0 ? undefined : spreadOf(reconnectSeconds),
      ),
      figure(`${name}: audio in gaps`, 's', found.gapSamples / 16_000),
    ],
    tables: [
      {
        title: name,
        columns: ['clients', 'audio s', 'finals', 'reconnects', 'cuts', 'stalls', 'replays', 'partitions', 'kills'],
        rows: [
          [
            found.clients,
            written,
            found.finals,
            reconnectSeconds.length,
            faults.cut,
            faults.stall,
            faults.replay,
            faults.partition,
            faults.kill,
          ],
        ],
      },
    ],
    notes: [
      `${name}: ${found.clients} clients on tiny.en, two slots of one thread, no partials, for ${seconds} s in real time; each talks a quarter of the time and is quiet, not silent, in between. Gaps are the server's (noise, what could not be decoded in time) and the client's.`,
    ],
  };
}
