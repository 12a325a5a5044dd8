import { setTimeout as sleep } from 'node:timers/promises';
import { childProcesses, openDescriptors } from '../processes.mjs';

const LOOK_MS = 5;
/** What was struck and has not come back by then was given up. */
const FORGET_MS = 120_000;

/** @typedef {import('../../dist/provider/recognition.js').Chunk} Chunk */
/** @typedef {{ recoverySeconds: number[] }} Kill of the decodes that it struck and that were not given up meanwhile */

/** Ends a pool's process while it decodes, and watches what becomes of the decodes. */
export class Killer {
  #pool;
  #engine;
  /** @type {Set<Chunk>} */
  #running = new Set();
  /** @type {Map<Chunk, { kill: Kill, atMs: number }>} */
  #struck = new Map();

  /**
   * @param {import('../../dist/pool/process-pool.js').ProcessPool} pool
   * @param {import('../../dist/engine/engine.js').Engine} engine
   */
  constructor(pool, engine) {
    this.#pool = pool;
    this.#engine = engine;
    const decode = pool.decode.bind(pool);
    pool.decode = (use, chunk) => {
      const decoding = decode(use, chunk);
      this.#running.add(chunk);
      decoding.outcome
        .then(() => this.#recovered(chunk))
        .catch(() => undefined)
        .finally(() => this.#running.delete(chunk));
      return decoding;
    };
  }

  /** Something would be struck. */
  get isDecoding() {
    return this.#running.size > 0 && this.#pool.pid !== undefined;
  }

  /**
   * @param {number} everySeconds
   * @param {number} fromSeconds
   * @param {number} seconds
   */
  async killEvery(everySeconds, fromSeconds, seconds) {
    const startMs = performance.now() + 1000 * fromSeconds;
    /** @type {Kill[]} */
    const kills = [];
    /** @type {number[]} */
    const descriptors = [];
    let zombies = 0;
    for (let turn = 0; turn * everySeconds < seconds; turn += 1) {
      await sleep(Math.max(0, startMs + 1000 * turn * everySeconds - performance.now()));
      zombies += childProcesses().filter(({ state }) => state === 'Z').length;
      descriptors.push(openDescriptors());
      kills.push(await this.strike('SIGKILL'));
    }
    await sleep(1000 * everySeconds);
    return { kills, zombies, descriptors };
  }

  /**
   * @param {number} times
   * @param {number[]} noticed seconds to the death of each
   */
  async stopAgain(times, noticed) {
    await sleep(4000);
    for (let turn = 0; turn < times; turn += 1) {
      const deaths = this.#deaths();
      await this.strike('SIGSTOP');
      const startMs = performance.now();
      while (this.#deaths() === deaths) await sleep(LOOK_MS);
      noticed.push((performance.now() - startMs) / 1000);
      await sleep(3000);
    }
  }

  #deaths() {
    return this.#engine.snapshot().telemetry.restarts.slot;
  }

  /**
   * Sends the process a signal as soon as it decodes.
   *
   * @param {NodeJS.Signals} signal
   */
  async strike(signal) {
    while (this.#running.size === 0 || this.#pool.pid === undefined) await sleep(LOOK_MS);
    /** @type {Kill} */
    const kill = { recoverySeconds: [] };
    process.kill(this.#pool.pid, signal);
    for (const [chunk, { atMs }] of this.#struck) {
      if (performance.now() - atMs > FORGET_MS) this.#struck.delete(chunk);
    }
    for (const chunk of this.#running) this.#struck.set(chunk, { kill, atMs: performance.now() });
    return kill;
  }

  /** @param {Chunk} chunk */
  #recovered(chunk) {
    const struck = this.#struck.get(chunk);
    if (!struck) return;
    this.#struck.delete(chunk);
    struck.kill.recoverySeconds.push((performance.now() - struck.atMs) / 1000);
  }
}
