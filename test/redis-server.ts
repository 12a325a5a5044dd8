import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../bench/free-port.mjs';
import { untilSaid } from '../bench/until-said.mjs';

/**
 * The program of the system's packages. It goes by the name it is called by, and Debian's `redis-tools` holds all of it
 * under another one: that package, unlike `redis-server`, starts no service.
 */
const program = ['/usr/bin/redis-server', '/usr/bin/redis-check-rdb'].find((file) => existsSync(file));

/** Whether there is one here; a test without it says so in its name. */
export const hasRedis = program !== undefined;

/** A real Redis of a test's own: on a free port, in a folder of its own, both gone when it is disposed of. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { bind = '127.0.0.1' } = options;
  if (!program) throw new Error('There is no redis-server here.');
  const folder = await mkdtemp(join(tmpdir(), 'redis-'));
  await symlink(program, join(folder, 'redis-server'));
  const server = new RedisServer(folder, bind, options.port ?? (await freePort()), options);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

export interface RedisServerOptions {
  /** `aof` writes every change to disk before it is answered; `none` forgets all of it with the process. @defaultValue `none` */
  readonly persistence?: 'none' | 'aof';
  /** @defaultValue a free one */
  readonly port?: number;
  /** @defaultValue `127.0.0.1` */
  readonly bind?: string;
  /** In front of the program: `['ip', 'netns', 'exec', name]`. */
  readonly through?: readonly string[];
}

export class RedisServer implements AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly #command: readonly string[];
  readonly #folder: string;
  #child: ChildProcess | undefined;

  constructor(folder: string, bind: string, port: number, { persistence = 'none', through = [] }: RedisServerOptions) {
    this.#folder = folder;
    this.port = port;
    this.url = `redis://${bind}:${port}`;
    const settings = {
      port: String(port),
      bind,
      dir: folder,
      save: '',
      appendonly: persistence === 'aof' ? 'yes' : 'no',
      appendfsync: 'always',
      'protected-mode': bind === '127.0.0.1' ? 'yes' : 'no',
    };
    const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    this.#command = [...through, join(folder, 'redis-server'), ...words];
  }

  /** Until it takes connections. */
  async start(): Promise<void> {
    const [file = '', ...words] = this.#command;
    const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    await untilSaid(child, child.stdout, 'Ready to accept connections');
  }

  /** Ends it as its owner would. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Ends it as a power cut would. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** It holds its connections and answers nothing, until it is resumed. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** On the same port and in the same folder. */
  async restart(end: 'stop' | 'kill' = 'stop'): Promise<void> {
    await this[end]();
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    child.kill('SIGCONT');
    await ended;
  }
}
