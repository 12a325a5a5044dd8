import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What becomes of a connection: after so many bytes in a direction it is cut, wherever in a frame that is, or nothing passes
 * any more while it stays open.
 *
 * @typedef {object} Fault
 * @property {'cut' | 'stall'} kind
 * @property {'up' | 'down'} direction `up` is from the client to the server
 * @property {number} afterBytes
 */

/** @typedef {{ side: import('node:net').Socket, server: import('node:net').Socket }} Link */

/**
 * @typedef {object} BadNetworkOptions
 * @property {number} targetPort on the loopback; may be changed later
 * @property {() => number} [random] from 0, below 1
 * @property {readonly Fault[]} [faults] of the first connections, in turn
 * @property {number | undefined} [meanBytes] after those, each connection has a fault after about so many bytes; none without
 * @property {number} [delayMs] every piece is late by up to this
 * @property {number} [replays] share of the broken connections whose bytes from the client come once more, later
 */

/** A TCP proxy on the loopback that does to connections what bad networks do. The same seed does the same. */
export class BadNetwork {
  /** When all connections came through again, on the scale of `performance.now`. @type {number[]} */
  restoredAtMs = [];
  faults = { cut: 0, stall: 0, replay: 0 };
  targetPort;
  #options;
  #random;
  #planned;
  #server;
  /** @type {Set<Link>} */
  #links = new Set();
  #passes = true;
  /** @type {(() => void)[]} */
  #held = [];

  /** @param {BadNetworkOptions} options */
  constructor(options) {
    this.#options = options;
    this.targetPort = options.targetPort;
    this.#random = options.random ?? (() => 0.5);
    this.#planned = [...(options.faults ?? [])];
    this.#server = createServer((side) => this.#whenItPasses(() => this.#join(side)));
  }

  /** @returns {Promise<number>} its port */
  async open() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('It has no port.');
    return address.port;
  }

  /** All connections break now. */
  cutAll() {
    for (const link of [...this.#links]) this.#cut(link);
  }

  /** From now on nothing passes, though every connection stays, and new ones seem to be under way. */
  part() {
    this.#passes = false;
  }

  /** What was held back comes. */
  restore() {
    this.#passes = true;
    this.restoredAtMs.push(performance.now());
    for (const go of this.#held.splice(0)) go();
  }

  /** Every connection is well from now on. */
  heal() {
    this.#options = { ...this.#options, meanBytes: undefined };
    this.#planned = [];
  }

  async close() {
    this.restore();
    this.cutAll();
    await new Promise((resolve) => this.#server.close(() => resolve(undefined)));
  }

  /** @param {import('node:net').Socket} side */
  #join(side) {
    if (side.destroyed) return;
    const server = connect(this.targetPort, '127.0.0.1');
    const link = { side, server };
    this.#links.add(link);
    for (const socket of [side, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#cut(link));
    }
    const fault = this.#planned.shift() ?? this.#chosenFault();
    const state = { isStalled: false };
    /** What the client said. @type {Buffer[]} */
    const said = [];
    side.on('data', (/** @type {Buffer} */ bytes) => said.push(bytes));
    this.#carry(link, 'up', fault, state, said);
    this.#carry(link, 'down', fault, state, said);
  }

  /** @returns {Fault | undefined} */
  #chosenFault() {
    const { meanBytes } = this.#options;
    if (meanBytes === undefined) return undefined;
    const kind = this.#random() < 0.15 ? 'stall' : 'cut';
    const direction = this.#random() < 0.5 ? 'up' : 'down';
    // Less is said downwards; many connections break early, in the midst of their first words.
    const mean = direction === 'up' ? meanBytes : meanBytes / 20;
    return { kind, direction, afterBytes: Math.ceil(-Math.log(1 - this.#random()) * mean) };
  }

  /**
   * @param {Link} link
   * @param {'up' | 'down'} direction
   * @param {Fault | undefined} fault
   * @param {{ isStalled: boolean }} state
   * @param {Buffer[]} said
   */
  #carry(link, direction, fault, state, said) {
    const [from, to] = direction === 'up' ? [link.side, link.server] : [link.server, link.side];
    let left = fault?.direction === direction ? fault.afterBytes : Number.POSITIVE_INFINITY;
    const { delayMs = 0 } = this.#options;
    let before = Promise.resolve();
    from.on('data', (/** @type {Buffer} */ bytes) => {
      if (state.isStalled) return;
      const piece = bytes.subarray(0, left);
      left -= bytes.length;
      const isBroken = left < 0;
      if (isBroken && fault?.kind === 'stall') state.isStalled = true;
      if (isBroken && fault) this.faults[fault.kind] += 1;
      const pass = () =>
        this.#whenItPasses(() => {
          if (to.writable) to.write(piece, () => isBroken && fault?.kind === 'cut' && this.#break(link, said));
        });
      const dueAtMs = performance.now() + delayMs * this.#random();
      // In order, however late.
      before = before.then(() => sleep(Math.max(0, dueAtMs - performance.now()))).then(pass);
    });
  }

  /**
   * @param {Link} link
   * @param {Buffer[]} said
   */
  #break(link, said) {
    this.#cut(link);
    if (this.#random() >= (this.#options.replays ?? 0)) return;
    this.faults.replay += 1;
    // A connection that everybody has forgotten arrives after all.
    setTimeout(() => {
      const late = connect(this.targetPort, '127.0.0.1', () => late.write(Buffer.concat(said)));
      late.on('error', () => undefined);
      setTimeout(() => late.destroy(), 500);
    }, 2000 * this.#random());
  }

  /** @param {Link} link */
  #cut(link) {
    this.#links.delete(link);
    link.side.resetAndDestroy();
    link.server.resetAndDestroy();
  }

  /** @param {() => void} go */
  #whenItPasses(go) {
    if (this.#passes) go();
    else this.#held.push(go);
  }
}
