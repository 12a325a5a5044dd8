import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '../../dist/errors.js';

/**
 * @typedef {object} Outage all times on the scale of `performance.now`
 * @property {number} failedAtMs its first decode failed
 * @property {number} outAtMs another provider serves
 * @property {number} healedAtMs
 * @property {number} backAtMs it serves again
 * @property {number} failures decodes that it failed
 * @property {number} passedJobs decodes that went well from when it was healed to when it served again
 */

/** Lets an engine's own process die of whatever it is given, for a while. */
export class Breaker {
  #engine;
  #isBroken = false;
  /** @type {number[]} */
  #failedAtMs = [];
  #passed = 0;

  /**
   * @param {import('../../dist/pool/process-pool.js').ProcessPool} pool
   * @param {import('../../dist/engine/engine.js').Engine} engine
   */
  constructor(pool, engine) {
    this.#engine = engine;
    const decode = pool.decode.bind(pool);
    pool.decode = (use, chunk) => {
      const decoding = decode(use, chunk);
      if (this.#isBroken && pool.pid !== undefined) process.kill(pool.pid, 'SIGKILL');
      decoding.outcome.then(
        () => {
          this.#passed += 1;
        },
        (/** @type {unknown} */ error) => {
          if (error instanceof EngineError && error.code === 'WORKER_DIED') this.#failedAtMs.push(performance.now());
        },
      );
      return decoding;
    };
  }

  /**
   * @param {number} seconds
   * @returns {Promise<Outage>} when it serves again
   */
  async breakFor(seconds) {
    this.#failedAtMs = [];
    const out = this.#change('second');
    this.#isBroken = true;
    const [outAtMs] = await Promise.all([out, sleep(1000 * seconds)]);
    this.#isBroken = false;
    this.#passed = 0;
    const healedAtMs = performance.now();
    const backAtMs = await this.#change('whisper-cpp');
    const [failedAtMs = Number.NaN] = this.#failedAtMs;
    return { failedAtMs, outAtMs, healedAtMs, backAtMs, failures: this.#failedAtMs.length, passedJobs: this.#passed };
  }

  /**
   * When this provider serves.
   *
   * @param {string} name
   * @returns {Promise<number>}
   */
  #change(name) {
    return new Promise((resolve) => {
      /** @param {import('../../dist/index.js').ProviderChange} change */
      const listener = ({ to }) => {
        if (to !== name) return;
        this.#engine.off('provider', listener);
        resolve(performance.now());
      };
      this.#engine.on('provider', listener);
    });
  }
}
