import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../children/fleet-worker.mjs', import.meta.url));

/** @typedef {{ kind: 'ready' } | { kind: 'text', path: string, text: string }} Message */

/** A worker with one slot of one thread, in a process of its own. */
export class WorkerProcess {
  #child;
  /** @type {Promise<void>} resolves when it takes jobs */
  ready;

  /**
   * @param {Partial<import('../../dist/queue/index.js').WorkerOptions>} options
   * @param {(path: string, text: string) => void} onText of each decode that has ended
   */
  constructor(options, onText) {
    const engine = { model: 'tiny.en', slots: 1, threadsPerSlot: 1, calibrate: false };
    const child = fork(SCRIPT, [JSON.stringify({ engine, ...options })]);
    this.#child = child;
    this.ready = new Promise((resolve, reject) => {
      child.once('exit', () => reject(new Error('The worker ended before it took jobs.')));
      child.on('message', (/** @type {Message} */ message) => {
        if (message.kind === 'ready') resolve();
        else onText(message.path, message.text);
      });
    });
    // One that is killed so early is waited for by nobody.
    this.ready.catch(() => undefined);
  }

  async kill() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
