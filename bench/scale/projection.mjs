import os from 'node:os';
import { machineFrom, pinned, policies, simulate, steady } from '../../dist/index.js';
import { digits } from '../markdown.mjs';
import { linePlot } from '../plot.mjs';
import { figure, missing } from '../result.mjs';

const SLOTS = [1, 2, 4, 8, 16, 32, 64];
/** More slots have more to tell in a second, and each takes longer to simulate. */
const FULL = { mostSeconds: 240, leastSeconds: 60, slotSeconds: 960, steps: 6 };
const QUICK = { mostSeconds: 90, leastSeconds: 30, slotSeconds: 240, steps: 3 };
const LATEST_SECONDS = 2;
/** Of their time, that sources speak. */
const SHARE = 0.5;
/** Longer than anybody talks there: what is cut in the midst of speech is told seconds later by that alone. */
const CHUNK_SECONDS = 12;
/** Multiples of what keeps the slots just busy, between which the largest load that is served is looked for. */
const LOADS = { least: 0.2, most: 1.1 };
/** Beyond this part of a core the main thread's own work waits for itself. */
const MAIN_CORES = 0.7;
const LISTENER_CORES = 1;

/** @typedef {import('../../dist/index.js').SimulatedMachine} SimulatedMachine */

/**
 * What would be reached first on a larger machine: its slots by the simulator, and what all sources share by what was
 * measured.
 *
 * @param {object} options
 * @param {SimulatedMachine} options.machine as recorded here
 * @param {import('./sources.mjs').SourceCost | undefined} options.cost
 * @param {number} options.laneMicroseconds what choosing a chunk takes for each source that waits
 * @param {{ firstMebibytes: number, slotMebibytes: number } | undefined} options.memory of the same model
 * @param {{ sources: number, speechShare: number } | undefined} options.served what 2 slots served here
 * @param {import('../result.mjs').Run} run
 */
export async function project({ machine, cost, memory, laneMicroseconds, served }, { quick, progress }) {
  /** @type {{ slots: number, load: number, sources: number, p95: number }[]} */
  const rows = [];
  for (const slots of SLOTS) {
    const plan = {
      ...machine.plan,
      partialEverySeconds: machine.plan.partialEverySeconds ?? null,
      chunkSeconds: CHUNK_SECONDS,
    };
    const scaled = machineFrom({ ...machine, name: `${slots} slots`, slots, plan });
    const row = await largestServed(scaled, quick ? QUICK : FULL);
    progress(`projection: ${slots} slots serve ${row.sources} sources at p95 ${row.p95.toFixed(2)} s`);
    rows.push({ slots, ...row });
  }
  const [model] = machine.models;
  if (!cost || rows.every(({ sources }) => sources === 0)) {
    const reason = cost
      ? 'decodes took so long here that no number of slots would serve a source in time'
      : 'the cost of a source could not be measured here';
    return {
      plots: {},
      findings: { figures: [missing('projected: the first bottleneck up to 64 slots', reason)], tables: [], notes: [] },
    };
  }
  const [listenerLimit, mainLimit] = [LISTENER_CORES / cost.listenerCores, MAIN_CORES / cost.mainCores];
  const gibibytes = (/** @type {number} */ slots, /** @type {number} */ sources) => {
    const { firstMebibytes = Number.NaN, slotMebibytes = Number.NaN } = memory ?? {};
    return (firstMebibytes + (slots - 1) * slotMebibytes + sources * cost.mebibytes) / 1024;
  };
  const limits = [
    { name: 'the listener thread', sources: listenerLimit },
    { name: 'the main thread', sources: mainLimit },
  ].sort((one, other) => one.sources - other.sources);
  const reached = limits.map(({ name, sources }) => ({ name, sources, slots: slotsFor(sources, rows) }));
  const [first] = reached;
  const most = rows.at(-1);
  const here = os.totalmem() / 2 ** 30;
  const flat = (/** @type {number} */ sources) => SLOTS.map((slots) => /** @type {const} */ ([slots, sources]));
  return {
    plots: {
      projection: linePlot({
        title: 'Where a larger machine would stop serving more sources',
        x: { label: 'slots, a core for each', scale: 'log' },
        y: { label: 'live sources that speak half of the time', scale: 'log' },
        series: [
          {
            name: `slots, ${model?.name}`,
            points: rows.map(({ slots, sources }) => [slots, sources]),
            isProjected: true,
          },
          { name: 'one listener thread', points: flat(listenerLimit), isProjected: true },
          { name: `main thread at ${100 * MAIN_CORES} %`, points: flat(mainLimit), isProjected: true },
        ],
        notes: ['Dashed: projected from 2 cores. Memory bandwidth is not in it.'],
      }),
    },
    findings: {
      figures: [
        figure('projected: sources whose decodes 64 slots serve in time', 'count', most?.sources ?? Number.NaN),
        ...reached.flatMap(({ name, sources }) => [
          figure(`projected: sources at which ${name} is full`, 'count', sources),
        ]),
        first?.slots === undefined
          ? missing('projected: slots whose sources fill the first of these', 'the slots give out first, up to 64')
          : figure(`projected: slots whose sources fill ${first.name}`, 'count', first.slots),
        ...(memory && most
          ? [figure('projected: memory of 64 slots with their sources', 'GiB', gibibytes(64, most.sources))]
          : []),
      ],
      tables: [
        {
          title: `Projected, ${model?.name}: what sources that speak half of the time would need`,
          columns: [
            'slots',
            'sources served',
            'of the ideal',
            'p95 of finals, s',
            'listener thread, cores',
            'main thread, cores',
            'memory, GiB',
          ],
          rows: rows.map(({ slots, sources, load, p95 }) => [
            slots,
            sources,
            load,
            p95,
            sources * cost.listenerCores,
            sources * cost.mainCores,
            gibibytes(slots, sources),
          ]),
        },
      ],
      notes: [
        `Projection: \`simulate\` with the machine as recorded with the real sources above (${digits(1000 * (model?.perFrameSeconds ?? 0))} ms an encoder frame, ${digits(model?.perSecondSeconds ?? 0)} s a second of audio, ${digits(model?.baseSeconds ?? 0)} s a decode), pinned to rung 0, partials on, chunks of ${CHUNK_SECONDS} s so that nothing is cut in the midst of speech; the largest load whose finals have p95 ≤ ${LATEST_SECONDS} s and lose nothing. The ideal is all slots busy with finals alone: more slots come nearer to it, as chance evens out.${
          served ? ` ${checkText(served, rows)}` : ''
        }`,
        'Not in the simulator: memory bandwidth and caches, which all slots share (each slot is taken to be as fast as here, where two decode at once), other sockets, and the time of the threads below.',
        `Sums: the listener, one thread for an engine, takes ${digits(100 * cost.listenerCores)} % of a core a source, and is full at ${digits(listenerLimit)}. The main thread takes ${digits(100 * cost.mainCores)} %, and is full, at ${100 * MAIN_CORES} % of a core, at ${digits(mainLimit)}. Memory: ${digits(memory?.firstMebibytes ?? Number.NaN)} MiB with one slot, ${digits(memory?.slotMebibytes ?? Number.NaN)} a further one, ${digits(cost.mebibytes)} a source; there are ${digits(here)} GiB here.`,
        ...(most ? [choosingText(most, cost, laneMicroseconds)] : []),
        verdict(first, reached, most),
      ],
    },
  };
}

/**
 * What the scheduler takes at the worst, which does not grow linearly: more sources are looked at for each of more chunks.
 *
 * @param {{ slots: number, sources: number }} most
 * @param {import('./sources.mjs').SourceCost} cost
 * @param {number} laneMicroseconds
 */
function choosingText({ slots, sources }, { decodesASecond }, laneMicroseconds) {
  const [chunk, chunks] = [laneMicroseconds * sources, decodesASecond * sources];
  return `The scheduler's part grows with the square: if all ${sources} sources of ${slots} slots waited at once, choosing a chunk would take ${digits(chunk / 1000)} ms (${digits(laneMicroseconds)} µs a source), and ${digits(chunks)} chunks a second ${digits((chunk * chunks) / 1e6)} cores of the main thread on top of the sum above, which has what few waiting sources take.`;
}

/**
 * How the simulation stands against what was measured.
 *
 * @param {{ sources: number, speechShare: number }} served
 * @param {readonly { slots: number, sources: number }[]} rows
 */
function checkText({ sources, speechShare }, rows) {
  const simulated = rows.find(({ slots }) => slots === 2)?.sources ?? Number.NaN;
  const measured = (sources * speechShare) / SHARE;
  return `Of the levels above, 2 slots served ${sources} sources that speak ${digits(100 * speechShare)} % of the time, as much speech as ${digits(measured)} of these; the simulation has ${simulated}.`;
}

/**
 * @param {{ name: string, sources: number, slots: number | undefined } | undefined} first
 * @param {readonly { name: string, sources: number, slots: number | undefined }[]} reached
 * @param {{ slots: number, sources: number } | undefined} most
 */
function verdict(first, reached, most) {
  if (first?.slots === undefined) return 'First bottleneck up to 64 cores: the slots themselves.';
  const next = reached.slice(1).map(({ name, sources, slots }) => {
    return `${name} ${slots === undefined ? 'is not reached' : `with ${digits(slots)} slots`} (${digits(sources)} sources)`;
  });
  const engines = Math.ceil((most?.sources ?? 0) / first.sources);
  return `First bottleneck: ${first.name}, with ${digits(first.slots)} slots (${digits(first.sources)} sources); then ${next.join(', ')}. ${most?.slots} slots want ${most?.sources} sources: ${engines} engines, in processes of their own, would share them out, until one engine has several listener threads.`;
}

/**
 * The slots at which so many sources are served, between two that were simulated; undefined beyond the last.
 *
 * @param {number} sources
 * @param {readonly { slots: number, sources: number }[]} rows
 */
function slotsFor(sources, rows) {
  const at = rows.findIndex((row) => row.sources >= sources);
  const [below, above] = [rows[at - 1], rows[at]];
  if (!above) return undefined;
  if (!below) return above.slots;
  return below.slots + ((above.slots - below.slots) * (sources - below.sources)) / (above.sources - below.sources);
}

/**
 * @param {SimulatedMachine} machine
 * @param {typeof FULL} pace
 */
async function largestServed(machine, { mostSeconds, leastSeconds, slotSeconds, steps }) {
  const seconds = Math.min(mostSeconds, Math.max(leastSeconds, slotSeconds / machine.slots));
  const policy = pinned(0, policies.standard);
  let [least, most] = [LOADS.least, LOADS.most];
  let best = { load: 0, sources: 0, p95: Number.NaN };
  for (let at = 0; at < steps; at += 1) {
    const load = (least + most) / 2;
    const trace = steady(load, { machine, seconds, speechShare: SHARE });
    const { latency, fates } = await simulate(policy, trace, machine);
    const isServed = latency.all.p95 <= LATEST_SECONDS && fates.all.droppedSeconds === 0;
    const sources = trace.events.filter(({ kind }) => kind === 'join').length;
    if (isServed) best = { load, sources, p95: latency.all.p95 };
    if (isServed) least = load;
    else most = load;
  }
  return best;
}
