import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PATH = fileURLToPath(new URL('../children/server.mjs', import.meta.url));

/** A whisperpool server as a process of its own, always on the same port once it has one. */
export class ServerProcess {
  port = 0;
  #sessions;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;

  /** @param {number} sessions that it has room for */
  constructor(sessions) {
    this.#sessions = sessions;
  }

  /** Resolves when it listens. */
  async start() {
    const child = spawn(process.execPath, [PATH, String(this.port), String(this.#sessions)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    const [line] = await once(child.stdout, 'data');
    this.port = Number(String(line));
  }

  /** `kill -9`. */
  async kill() {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
