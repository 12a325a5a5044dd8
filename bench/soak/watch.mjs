import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { childProcesses, openDescriptors } from '../processes.mjs';
import { Floor } from './floor.mjs';
import { Lows } from './lows.mjs';
import { Series } from './series.mjs';

const LOOP_RESOLUTION_MS = 1;
const MEBIBYTE = 2 ** 20;

/** @typedef {import('./soak.mjs').World} World */

/** Looks at the engine and its processes; what it keeps of that does not grow. */
export class Watch {
  #world;
  #fromSeconds;
  #loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  /** What is in memory depends on the models that are asked for and that serve. @type {Map<string, Record<'host' | 'child' | 'both', Series> & { lows: Lows }>} */
  resident = new Map();
  /** For the table. */
  course = new Series(32);
  descriptors = new Floor();
  threads = new Floor();
  zombies = 0;
  looks = 0;
  mostSources = 0;
  mostRssMebibytes = 0;
  /** @type {Set<number>} */
  #dead = new Set();
  #isMeasuring = true;
  last = { rss: 0, sources: 0, queuedSeconds: 0, rung: 0, model: '' };

  /**
   * @param {World} world
   * @param {number} fromSeconds when memory, descriptors and threads begin to count
   */
  constructor(world, fromSeconds) {
    this.#world = world;
    this.#fromSeconds = fromSeconds;
    this.#loop.enable();
  }

  get loopMs() {
    return { p99: this.#loop.percentile(99) / 1e6, most: this.#loop.max / 1e6 };
  }

  /** @param {number} atSeconds */
  look(atSeconds) {
    const { engine, stage, accounts, outcomes, pool, notes } = this.#world;
    this.looks += 1;
    const { sources, ladder } = engine.snapshot();
    accounts.look(stage.speakers);
    for (const { ledger, session, source } of sources) {
      if (ledger.imbalanceSamples === 0) continue;
      accounts.imbalance = Math.max(accounts.imbalance, Math.abs(ledger.imbalanceSamples));
      outcomes.surprise(`${source} of session ${session} is off balance by ${ledger.imbalanceSamples} samples`);
    }
    const children = childProcesses();
    this.#countZombies(children);
    const host = process.memoryUsage.rss() / MEBIBYTE;
    const child = (children.find(({ pid }) => pid === pool?.pid)?.residentBytes ?? 0) / MEBIBYTE;
    const { model } = engine.used;
    this.mostSources = Math.max(this.mostSources, sources.length);
    this.mostRssMebibytes = Math.max(this.mostRssMebibytes, host + child);
    this.course.add(atSeconds, host + child);
    const queuedSeconds = sources.reduce((sum, each) => sum + each.queuedSeconds, 0);
    this.last = {
      rss: host + child,
      sources: sources.length,
      queuedSeconds,
      rung: ladder.rung,
      model,
    };
    if (!this.#isMeasuring || atSeconds < this.#fromSeconds) return;
    const models = `${notes.model} ${model}`;
    const series = this.resident.get(models) ?? newSeries();
    this.resident.set(models, series);
    series.host.add(atSeconds, host);
    series.lows.add(atSeconds, host);
    // While it is started again there is none.
    if (child > 0) series.child.add(atSeconds, child);
    if (child > 0 || !pool) series.both.add(atSeconds, host + child);
    this.count(atSeconds);
  }

  /** @param {number} atSeconds */
  count(atSeconds) {
    this.descriptors.add(atSeconds, openDescriptors());
    this.threads.add(atSeconds, readdirSync('/proc/self/task').length);
  }

  /** From now on it looks at the ledgers only: what ends is not what is measured. */
  stopMeasuring() {
    this.#isMeasuring = false;
    this.#loop.disable();
  }

  /**
   * Those that have ended and that nobody asked about for a whole look.
   *
   * @param {ReturnType<typeof childProcesses>} children
   */
  #countZombies(children) {
    const dead = new Set(children.filter(({ state }) => state === 'Z').map(({ pid }) => pid));
    for (const pid of dead) if (this.#dead.has(pid)) this.zombies += 1;
    this.#dead = dead;
  }
}

function newSeries() {
  return { host: new Series(), child: new Series(), both: new Series(), lows: new Lows() };
}
