import { EngineError } from '../../dist/errors.js';

const MOST_SURPRISES = 30;

/** What was begun, what became of it, and whether anything happened that should not. */
export class Outcomes {
  #progress;
  /** By what was done, then by how it ended. @type {Map<string, Map<string, number>>} */
  counts = new Map();
  /** Begun and not settled. @type {Set<{ what: string }>} */
  #underWay = new Set();
  /** The first few. @type {string[]} */
  surprises = [];
  surprised = 0;

  /** @param {(line: string) => void} progress */
  constructor(progress) {
    this.#progress = progress;
  }

  /** Begun and not settled, by what they are. @returns {readonly string[]} */
  get pending() {
    return [...this.#underWay].map(({ what }) => what);
  }

  /** @param {string} what */
  pendingOf(what) {
    return this.pending.filter((each) => each === what).length;
  }

  /**
   * Follows a promise to its end. Codes of errors that may come are told; anything else is a surprise.
   *
   * @template Result
   * @param {string} what
   * @param {Promise<Result>} promise
   * @param {readonly string[]} [mayEnd] `done`, or codes of errors
   * @returns {Promise<Result | undefined>} undefined when it was rejected
   */
  async follow(what, promise, mayEnd = ['done']) {
    const underWay = { what };
    this.#underWay.add(underWay);
    try {
      const result = await promise;
      this.count(what, 'done');
      if (!mayEnd.includes('done'))
        this.surprise(`${what}: went well, and should have ended as ${mayEnd.join(' or ')}`);
      return result;
    } catch (error) {
      const code = error instanceof EngineError ? error.code : 'no EngineError';
      this.count(what, code);
      if (!mayEnd.includes(code)) {
        this.surprise(`${what}: ${code}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      }
      return undefined;
    } finally {
      this.#underWay.delete(underWay);
    }
  }

  /**
   * @param {string} what
   * @param {string} ended
   * @param {number} [times]
   */
  count(what, ended, times = 1) {
    /** @type {Map<string, number>} */
    const ways = this.counts.get(what) ?? new Map();
    ways.set(ended, (ways.get(ended) ?? 0) + times);
    this.counts.set(what, ways);
  }

  /** @param {string} line */
  surprise(line) {
    this.surprised += 1;
    this.#progress(`not expected: ${line}`);
    if (this.surprises.length < MOST_SURPRISES) this.surprises.push(line.split('\n')[0] ?? line);
  }
}
