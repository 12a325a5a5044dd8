import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../bench/free-port.mjs';
import { untilSaid } from '../bench/until-said.mjs';

const run = promisify(execFile);

/** Where Debian's packages have the newest one. */
const versions = '/usr/lib/postgresql';
const programs = existsSync(versions)
  ? readdirSync(versions)
      .map((version) => join(versions, version, 'bin'))
      .filter((folder) => existsSync(join(folder, 'postgres')))
      .at(-1)
  : undefined;

/** Whether there is one here; a test without it says so in its name. */
export const hasPostgres = programs !== undefined;

/** It refuses to run as root; then it runs as nobody. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** A real PostgreSQL of a test's own: on a free port, in a folder of its own, both gone when it is disposed of. */
export async function startPostgres(): Promise<AsyncDisposable & { readonly url: string }> {
  if (!programs) throw new Error('There is no postgres here.');
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'));
  if (nobody.uid !== undefined) await chown(folder, nobody.uid, nobody.gid);
  await chmod(folder, 0o700);
  const cluster = join(folder, 'cluster');
  const settings = ['-D', cluster, '-U', 'whisperpool', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C'];
  await run(join(programs, 'initdb'), settings, { cwd: folder, ...nobody });
  const port = await freePort();
  const words = ['-D', cluster, '-p', String(port), '-k', folder, '-h', '127.0.0.1', '-F'];
  const child = spawn(join(programs, 'postgres'), words, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...nobody,
  });
  await untilSaid(child, child.stderr, 'ready to accept connections');
  return {
    url: `postgres://whisperpool@127.0.0.1:${port}/postgres`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGQUIT');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
