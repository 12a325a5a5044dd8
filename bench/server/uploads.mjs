import { fileURLToPath } from 'node:url';
import { startResident } from '../resident.mjs';
import { atMost, figure } from '../result.mjs';
import { upload } from './upload.mjs';

/** By then the heap has the size that it keeps: nothing is given back that the next upload needs. */
const SETTLED_AFTER = { full: 1000, quick: 100 };
const EVERY = 10;
const ROWS_EVERY = 100;
/** Half a second of speech, 16 KB. */
const CLIP = fileURLToPath(new URL('../../assets/half-second.wav', import.meta.url));

/**
 * Whether memory or open files grow while a server takes upload after upload.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureUploads({ quick, progress }) {
  const settledAfter = SETTLED_AFTER[quick ? 'quick' : 'full'];
  const count = 2 * settledAfter;
  progress(`${count} uploads in a row`);
  const readings = await readingsOver(count);
  const settled = readings.filter(({ done }) => done >= settledAfter);
  const [first, last] = [settled[0], settled.at(-1)];
  if (!first || !last) throw new Error('There were too few uploads.');
  return {
    figures: [
      figure(
        `RSS after upload ${count} / after ${settledAfter}`,
        'ratio',
        last.mebibytes / first.mebibytes,
        atMost(1.05),
      ),
      figure('open descriptors, last − first', 'count', last.descriptors - first.descriptors, atMost(2)),
    ],
    tables: [
      {
        title: 'Uploads in a row',
        columns: ['uploads', 'RSS MiB', 'open descriptors'],
        rows: readings
          .filter(({ done }) => done % ROWS_EVERY === 0)
          .map(({ done, mebibytes, descriptors }) => [done, mebibytes, descriptors]),
      },
    ],
    notes: [
      `Uploads: a server in a process of its own, one slot, half a second of speech each time, one after the other; no collection forced.`,
    ],
  };
}

/**
 * Of the server's process, in the course of so many uploads.
 *
 * @param {number} count
 */
async function readingsOver(count) {
  const server = startResident(process.execPath, [fileURLToPath(new URL('../children/uploads.mjs', import.meta.url))]);
  try {
    const url = JSON.parse(await server.ask('url'));
    /** @type {{ done: number, mebibytes: number, descriptors: number }[]} */
    const readings = [];
    for (let done = 1; done <= count; done += 1) {
      await upload(url, CLIP);
      if (done % EVERY === 0) readings.push({ done, ...JSON.parse(await server.ask('reading')) });
    }
    return readings;
  } finally {
    await server.close();
  }
}
