import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../', import.meta.url));

/** The file of tiny.en, which the repository has. */
export const tinyName = 'ggml-tiny.en-q8_0.bin';
export const tinyPath = join(repository, 'models', tinyName);

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as npm installs it, which is without weights, and a user who never ran it before. */
export class InstalledCli {
  readonly #root: string;
  #users = 0;

  private constructor(root: string) {
    this.#root = root;
  }

  /** @param packages the only ones beside it, of those in node_modules */
  static async install(packages?: readonly string[]): Promise<InstalledCli> {
    const cli = new InstalledCli(await mkdtemp(join(tmpdir(), 'whisperpool-installed-')));
    const folder = join(cli.#root, 'package');
    await mkdir(join(folder, 'models'), { recursive: true });
    await cp(join(repository, 'dist'), join(folder, 'dist'), { recursive: true });
    const modules = packages?.map((name) => `node_modules/${name}`) ?? ['node_modules'];
    if (packages) await mkdir(join(folder, 'node_modules'));
    for (const name of ['assets', 'build', ...modules, 'package.json', 'models/ggml-silero-v6.2.0.bin']) {
      await symlink(join(repository, name), join(folder, name));
    }
    return cli;
  }

  async remove(): Promise<void> {
    await rm(this.#root, { recursive: true });
  }

  async newUser(): Promise<void> {
    this.#users += 1;
    for (const folder of [this.project, this.store, this.others, this.home]) await mkdir(folder, { recursive: true });
  }

  /** Where the command is run. */
  get project(): string {
    return this.#of('project');
  }

  /** Where downloads go. */
  get store(): string {
    return this.#of('cache/models');
  }

  /** A folder named in `WHISPERPOOL_MODELS`. */
  get others(): string {
    return this.#of('others');
  }

  get home(): string {
    return this.#of('home');
  }

  start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcessWithoutNullStreams {
    return spawn(process.execPath, [join(this.#root, 'package/dist/cli/main.js'), ...args], {
      cwd: this.project,
      stdio: 'pipe',
      env: {
        PATH: process.env['PATH'],
        HOME: this.home,
        WHISPERPOOL_CACHE: this.#of('cache'),
        WHISPERPOOL_MODELS: this.others,
        // Nobody listens there.
        WHISPERPOOL_HUB: 'http://127.0.0.1:9/',
        ...environment,
      },
    });
  }

  /** `whisperpool models …` */
  models(...args: readonly string[]): Promise<Ended> {
    return ended(this.start(['models', ...args]));
  }

  #of(name: string): string {
    return join(this.#root, String(this.#users), name);
  }
}

/** The exit code is as a shell reports it: 128 and the signal's number when a signal ended the child. */
export async function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  child.stdin.end();
  const exitCode = new Promise<number>((resolve, reject) => {
    child.on('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    child.on('error', reject);
  });
  const printed = [child.stdout, child.stderr].map((stream) => (stream.destroyed ? '' : text(stream)));
  const [code, stdout = '', stderr = ''] = await Promise.all([exitCode, ...printed]);
  return { exitCode: code, stdout, stderr };
}

export async function putTiny(folder: string): Promise<string> {
  const path = join(folder, tinyName);
  await copyFile(tinyPath, path);
  await chmod(path, 0o644);
  return path;
}

/** A file that is as long as it should be, and wrong in the middle of a weight. */
export async function putFlipped(folder: string): Promise<string> {
  const path = join(folder, tinyName);
  const bytes = await readFile(tinyPath);
  bytes[20_000_000] = 255 - (bytes[20_000_000] ?? 0);
  await writeFile(path, bytes);
  return path;
}

export async function putTruncated(folder: string): Promise<string> {
  const path = await putTiny(folder);
  await truncate(path, 1_000_000);
  return path;
}
