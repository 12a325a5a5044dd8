import os from 'node:os';
import { runChild } from '../children/child.mjs';
import { linePlot } from '../plot.mjs';
import { figure } from '../result.mjs';
import { spreadOf } from '../spread.mjs';
import { growthOf } from './bend.mjs';
import { growthText } from './growth-text.mjs';
import { weightsAtHand } from './weights.mjs';

const FULL = { counts: [1, 2, 3, 4, 6, 8], seconds: 8, rounds: 2 };
const QUICK = { counts: [1, 2, 4], seconds: 2, rounds: 1 };

/** @typedef {{ throughput: number, p50: number, p95: number, warmed: number, now: number, peak: number }} Measured */

/**
 * Throughput, the time of a decode and memory, with more slots than there are cores.
 *
 * @param {import('../result.mjs').Run} run
 */
export async function measureSlots({ quick, progress }) {
  const { counts, seconds, rounds } = quick ? QUICK : FULL;
  const models = weightsAtHand();
  /** @type {{ model: string, mebibytes: number, slots: number, of: Measured[] }[]} */
  const rows = models.flatMap(({ model, mebibytes }) => counts.map((slots) => ({ model, mebibytes, slots, of: [] })));
  for (let round = 0; round < rounds; round += 1) {
    for (const { model, slots, of } of round % 2 === 0 ? rows : rows.toReversed()) {
      progress(`slots: ${model}, ${slots}, round ${round + 1} of ${rounds}`);
      const folder = models.find((weights) => weights.model === model)?.folder ?? '';
      const measured = await runChild('scale-slots.mjs', [model, folder, String(slots), String(seconds)]);
      of.push(/** @type {Measured} */ (measured));
    }
  }
  const median = (/** @type {readonly Measured[]} */ of, /** @type {keyof Measured} */ key) => {
    return spreadOf(of.map((measured) => measured[key])).median;
  };
  const curve = (/** @type {string} */ wanted, /** @type {keyof Measured} */ key) =>
    rows
      .filter(({ model }) => model === wanted)
      .map(({ slots, of }) => /** @type {const} */ ([slots, median(of, key)]));
  const growths = models.map(({ model, mebibytes }) => ({
    model,
    mebibytes,
    throughput: growthOf(curve(model, 'throughput')),
    memory: growthOf(curve(model, 'now')),
    one: rows.find((row) => row.model === model && row.slots === 1)?.of ?? [],
  }));
  const series = (/** @type {keyof Measured} */ key) =>
    models.map(({ model }) => ({ name: model, points: curve(model, key) }));
  const slotsAxis = { label: 'slots of one thread' };
  return {
    memory: growths.map(({ model, memory, one }) => ({
      model,
      firstMebibytes: median(one, 'now'),
      slotMebibytes: memory.slope,
    })),
    plots: {
      'slots-throughput': linePlot({
        title: 'Throughput by slots',
        x: slotsAxis,
        y: { label: 'seconds of audio a second' },
        series: series('throughput'),
        notes: [`Utterances of up to 11 s, two in flight for each slot; ${os.availableParallelism()} cores.`],
      }),
      'slots-memory': linePlot({
        title: 'Memory by slots, one set of weights',
        x: slotsAxis,
        y: { label: 'MiB of RSS after decoding on every slot' },
        series: series('now'),
      }),
    },
    findings: {
      figures: growths.flatMap(({ model, memory }) => [
        figure(`memory of a further slot, ${model}`, 'MiB', memory.slope),
      ]),
      tables: [
        {
          title: 'Slots of one thread',
          columns: [
            'model',
            'slots',
            'audio s a second',
            'of one slot',
            'decode p50 / p95, s',
            'RSS warmed',
            'RSS after',
            'peak, MiB',
          ],
          rows: rows.map(({ model, slots, of }) => {
            const one = rows.find((row) => row.model === model)?.of ?? [];
            const [p50, p95] = [median(of, 'p50'), median(of, 'p95')];
            return [
              model,
              slots,
              median(of, 'throughput'),
              median(of, 'throughput') / median(one, 'throughput'),
              `${p50.toFixed(3)} / ${p95.toFixed(3)}`,
              Math.round(median(of, 'warmed')),
              Math.round(median(of, 'now')),
              Math.round(median(of, 'peak')),
            ];
          }),
        },
        {
          title: 'Model size',
          columns: [
            'model',
            'weights, MiB',
            'seconds of one slot for a second of audio',
            'RSS with one slot, MiB',
            'a further slot, MiB',
          ],
          rows: growths.map(({ model, mebibytes, memory, one }) => {
            return [model, mebibytes, 1 / median(one, 'throughput'), median(one, 'now'), memory.slope];
          }),
        },
      ],
      notes: [
        `Slots: each row is a new process, ${rounds === 1 ? 'once' : `${rounds} times`}, up and down the table by turns; ${seconds} s with two requests in flight a slot, after a first round that does not count; medians. Beyond the number of cores slots only share them: a decode takes longer, and memory is all that grows.`,
        ...growths.map(({ model, throughput, memory }) => {
          return `${model}: throughput ${growthText(throughput, 'slot')}; memory ${growthText(memory, 'slot')}.`;
        }),
        `Model size: every q8_0 file that was at hand (${models.map(({ model }) => model).join(', ')}). Two sizes show a direction and no law.`,
      ],
    },
  };
}
