import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  createQueue,
  createWorker,
  type Queue,
  type QueueOptions,
  type Worker,
  type WorkerOptions,
} from '../dist/queue/index.js';
import { type RedisServer, type RedisServerOptions, startRedis } from './redis-server.js';

const script = fileURLToPath(new URL('fault/queue-worker.mjs', import.meta.url));
const jfk = fileURLToPath(new URL('fixtures/jfk.wav', import.meta.url));

/** What a worker of a test is told, beyond its defaults; `conduct` is of `queue-worker.mjs`. */
type Settings = Partial<WorkerOptions> & { readonly conduct?: 'work' | 'hold' | 'lie' | 'die' };

type Database = RedisServer | (AsyncDisposable & { readonly url: string });

/** A database, a folder of clips, clients and workers; all gone at the end of the test. */
export class Fleet<Kind extends Database = RedisServer> implements AsyncDisposable {
  readonly database: Kind;
  readonly folder: string;
  readonly #parts: AsyncDisposable[] = [];

  private constructor(database: Kind, folder: string) {
    this.database = database;
    this.folder = folder;
  }

  static async open(options?: RedisServerOptions): Promise<Fleet> {
    return await Fleet.on(await startRedis(options));
  }

  static async on<Kind extends Database>(database: Kind): Promise<Fleet<Kind>> {
    return new Fleet(database, await mkdtemp(join(tmpdir(), 'fleet-')));
  }

  /** A quick one, so that tests are. */
  async queue(options: Partial<QueueOptions> = {}): Promise<Queue> {
    const queue = await createQueue({
      ...this.#place,
      model: 'tiny.en',
      backoffSeconds: 0.05,
      answerSeconds: 1,
      ...options,
    });
    this.#parts.unshift(queue);
    return queue;
  }

  /** In this process. */
  async worker(settings: Partial<WorkerOptions> = {}): Promise<Worker> {
    const worker = await createWorker(this.#workerOptions(settings));
    this.#parts.unshift(worker);
    return worker;
  }

  /** In a process of its own, when it takes jobs. */
  async process(settings: Settings = {}): Promise<WorkerProcess> {
    const worker = new WorkerProcess({ ...settings, ...this.#workerOptions(settings) });
    this.#parts.unshift(worker);
    await worker.told('ready');
    return worker;
  }

  /** The URI of a clip that has not been heard before: `seconds` of speech. */
  async clip(name: string, fromSeconds = 0, seconds = 2): Promise<string> {
    const wav = await readFile(jfk);
    const start = wav.indexOf('data') + 8;
    const header = Buffer.from(wav.subarray(0, start));
    const from = start + 32_000 * fromSeconds;
    const pcm = wav.subarray(from, from + 32_000 * seconds);
    header.writeUInt32LE(start - 8 + pcm.length, 4);
    header.writeUInt32LE(pcm.length, start - 4);
    const path = join(this.folder, name);
    await writeFile(path, Buffer.concat([header, pcm]));
    return pathToFileURL(path).href;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of this.#parts) await part[Symbol.asyncDispose]();
    await this.database[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }

  get #place() {
    const { url } = this.database;
    return url.startsWith('redis') ? { redis: url } : { postgres: url };
  }

  #workerOptions(settings: Partial<WorkerOptions>): WorkerOptions {
    return {
      ...this.#place,
      engine: { model: 'tiny.en', calibrate: false, slots: 1, threadsPerSlot: 1 },
      fetch: { allowedFolders: [this.folder], folder: this.folder },
      lockSeconds: 0.6,
      answerSeconds: 1,
      ...settings,
    };
  }
}

export class WorkerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #heard: unknown[] = [];

  constructor(settings: object) {
    this.#child = fork(script, [JSON.stringify(settings)], { env: { ...process.env, WHISPERPOOL_CALIBRATE: '0' } });
    this.#child.on('message', (message) => this.#heard.push(message));
  }

  /** Resolves when it has said `word`, each time that it did once. */
  async told(word: 'ready' | 'begun'): Promise<void> {
    while (!this.#heard.includes(word)) {
      const [what] = (await Promise.race([once(this.#child, 'message'), once(this.#child, 'exit')])) as unknown[];
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`The worker ended (${String(what)}) and has not said ${word}.`);
      }
    }
    this.#heard.splice(this.#heard.indexOf(word), 1);
  }

  tell(word: 'go' | 'close'): void {
    this.#child.send(word);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** When it has ended, however it does. */
  async ended(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended();
  }
}
