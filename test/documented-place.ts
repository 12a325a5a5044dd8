import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { freePort } from '../bench/free-port.mjs';
import { blocksOf, type Program } from './code-blocks.js';
import { bundled, samplesOf } from './live/clips.js';
import { encoded } from './live/live-source.js';
import { hasRedis, type RedisServer, startRedis } from './redis-server.js';

const root = fileURLToPath(new URL('../', import.meta.url));
/** What the pages say to install, and the types of Node. */
const packages = ['@fastify', '@types', 'bullmq', 'fastify', 'ioredis', 'openai', 'prom-client', 'ws'];

/** A folder in which `whisperpool` and what the pages name can be imported. */
export async function createProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'documented-'));
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, '.bin'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await symlink(root, join(modules, 'whisperpool'));
  for (const name of packages) await symlink(join(root, 'node_modules', name), join(modules, name));
  const shim = `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'dist/cli/main.js')}' "$@"\n`;
  await writeFile(join(modules, '.bin/whisperpool'), shim, { mode: 0o755 });
  return folder;
}

/** What runs, and what it says. */
class Run {
  readonly place: string;
  readonly #child: ChildProcess;
  readonly #ending: 'itself' | 'by signal';
  readonly #gone: Promise<unknown>;
  stdout = '';
  stderr = '';

  constructor(place: string, child: ChildProcess, ending: 'itself' | 'by signal') {
    this.place = place;
    this.#child = child;
    this.#ending = ending;
    child.stdout?.on('data', (bytes: Buffer) => (this.stdout += bytes.toString()));
    child.stderr?.on('data', (bytes: Buffer) => (this.stderr += bytes.toString()));
    this.#gone = once(child, 'close');
  }

  /** Resolves when a line of its output matches. */
  async says(line: RegExp): Promise<void> {
    const isGone = this.#gone.then(() => true);
    while (!line.test(this.stdout)) {
      const next = this.#child.stdout ? once(this.#child.stdout, 'data').then(() => false) : isGone;
      if ((await Promise.race([next, isGone])) && !line.test(this.stdout)) throw this.#failure('It ended too early');
    }
  }

  /** What serves is told to end; all else ends by itself. */
  async end(expectedExitCode = 0): Promise<void> {
    if (this.#ending === 'by signal' && this.#child.exitCode === null) this.#child.kill('SIGTERM');
    await this.#gone;
    const { exitCode, signalCode } = this.#child;
    const isWell = exitCode === expectedExitCode || (signalCode === 'SIGTERM' && this.#ending === 'by signal');
    if (!isWell) throw this.#failure(`It ended with ${String(exitCode ?? signalCode)}`);
    // What a listener throws is only a warning.
    if (/\b(?:Reference|Type|Syntax|Range)Error\b/u.test(this.stderr)) throw this.#failure('It says what is an error');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #failure(what: string): Error {
    return new Error(`${this.place}: ${what}.\n${this.stdout}\n${this.stderr}`);
  }
}

const through = '(through)';

/** Where a reader would try one page out: a project, and the files and servers that the page names. */
export class DocumentedPlace {
  readonly #folder: string;
  readonly #port: number;
  readonly #redis: RedisServer | undefined;
  readonly #runs: Run[] = [];
  readonly #open = new Set<Run>();

  private constructor(folder: string, port: number, redis: RedisServer | undefined) {
    this.#folder = folder;
    this.#port = port;
    this.#redis = redis;
  }

  /** @param isFleet whether the page needs a Redis */
  static async make(isFleet: boolean): Promise<DocumentedPlace> {
    const folder = await createProject();
    const redis = isFleet && hasRedis ? await startRedis() : undefined;
    const place = new DocumentedPlace(folder, await freePort(), redis);
    await place.#layOutFiles();
    return place;
  }

  async #layOutFiles(): Promise<void> {
    const to = (name: string) => join(this.#folder, name);
    await mkdir(to('calls/2024/07'), { recursive: true });
    for (const name of ['call.mp3', 'talk.mp3', 'speech.mp3']) await copyFile(bundled('jfk.mp3'), to(name));
    for (const name of ['talk.wav', 'calls/2024/07/1.wav']) await copyFile(bundled('jfk.wav'), to(name));
    await copyFile(bundled('jfk.ogg'), to('talk.ogg'));
    const clip = await samplesOf(bundled('leopard_en.wav'));
    await writeFile(to('microphone.raw'), encoded(clip, { encoding: 's16le', sampleRate: 16_000 }));
    await writeFile(to('line.ulaw'), new Uint8Array(8000).fill(0xff));
    const trace = blocksOf('docs/ladder.md').find(({ language }) => language === 'json')?.code ?? '';
    await writeFile(to('incident.jsonl'), trace);
    await writeFile(
      to('my-policy.mjs'),
      "import { policies } from 'whisperpool';\nexport default policies.standard;\n",
    );
    await writeFile(to('machine.json'), '{"slots":4}');
  }

  /** All that was said by what has run here. */
  get output(): string {
    return this.#runs.map(({ stdout }) => stdout).join('\n');
  }

  /** Resolves when all of it has run; what serves goes on. */
  async program({ page, line, language, code }: Program): Promise<void> {
    if (/\b(?:createServer|WebSocketServer)\(/u.test(code)) await this.end(); // of the same port
    const file = `${page.replaceAll(/\W/gu, '-')}-${line}.js`;
    const js = this.#here(language === 'ts' ? withoutTypes(code) : code);
    await writeFile(join(this.#folder, file), `${js}\nconsole.log('${through}');\n`);
    const ending = code.includes('await using') ? 'itself' : 'by signal';
    await this.#start(`${page}:${line}`, process.execPath, [file], ending).says(/\(through\)/u);
  }

  /** Resolves when it has ended; a server goes on when it listens. */
  async command(place: string, command: string, exitCode = 0): Promise<void> {
    const isServer = /\bwhisperpool (?:serve|work)\b/u.test(command);
    const run = this.#start(place, 'bash', ['-c', this.#here(command)], isServer ? 'by signal' : 'itself');
    if (isServer) return run.says(/\n/u);
    this.#open.delete(run);
    await run.end(exitCode);
  }

  /** Ends all that serves. */
  async end(): Promise<void> {
    const runs = [...this.#open];
    this.#open.clear();
    for (const run of runs) await run.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const run of this.#open) run.kill();
    await this.#redis?.[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }

  #start(place: string, program: string, parameters: readonly string[], ending: 'itself' | 'by signal'): Run {
    const path = `${join(this.#folder, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`;
    const own = {
      PATH: path,
      HOME: this.#folder,
      WHISPERPOOL_OFFLINE: '1',
      WHISPERPOOL_CACHE: join(this.#folder, 'cache'),
    };
    const env = { ...process.env, ...own };
    const child = spawn(program, parameters, { cwd: this.#folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const run = new Run(place, child, ending);
    this.#runs.push(run);
    this.#open.add(run);
    return run;
  }

  /** The same text with the addresses and folders that there are here, and the smaller of the two models, for its speed. */
  #here(text: string): string {
    return text
      .replaceAll(/(?<=model: '|--model )base\b/gu, 'tiny.en')
      .replaceAll('whisperpool serve', 'whisperpool serve --port 8080')
      .replaceAll('wss://speech.example', 'ws://127.0.0.1:8080')
      .replaceAll(/\b8080\b/gu, String(this.#port))
      .replaceAll(/\b9464\b/gu, '0')
      .replaceAll(/redis:\/\/10\.0\.0\.5(?::6379)?/gu, this.#redis?.url ?? 'redis://127.0.0.1:1')
      .replaceAll(/(?<='|file:\/\/)\/calls\b/gu, `${this.#folder}/calls`);
  }
}

/** As a reader's build makes it. */
function withoutTypes(code: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(code, { compilerOptions }).outputText;
}
