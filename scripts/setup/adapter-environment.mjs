import { existsSync, readFileSync, rmSync } from 'node:fs';
import { runCommand } from './command.mjs';
import { SetupFailure } from './failure.mjs';
import { place } from './place.mjs';
import { readStamp, writeStamp } from './stamp.mjs';

/**
 * The Python of an adapter's own environment, which need not be there.
 * @param {string} name of a file in adapters/requirements, without `.txt`
 */
export function adapterPython(name) {
  return place(
    'build/adapters',
    name,
    ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']),
  );
}

/**
 * Makes the environment in build/adapters, with the exact versions of its requirements, unless it is there.
 * @param {string} name
 * @param {(line: string) => void} say
 * @param {string} requirements
 * @throws SetupFailure
 */
export async function makeAdapterEnvironment(name, say, requirements = place('adapters/requirements', `${name}.txt`)) {
  const folder = place('build/adapters', name);
  const wanted = readFileSync(requirements, 'utf8');
  const stamp = `${folder}/requirements.stamp`;
  if (existsSync(adapterPython(name)) && readStamp(stamp) === wanted) return;
  say(`installing ${wanted.trim()} into build/adapters/${name}`);
  rmSync(folder, { recursive: true, force: true });
  await succeed(
    ['python3', '-m', 'venv', folder],
    'It needs Python 3.9 or newer with venv: apt-get install python3-venv, or brew install python',
  );
  await succeed([adapterPython(name), '-m', 'pip', 'install', '--quiet', '-r', requirements]);
  writeStamp(stamp, wanted);
}

/**
 * @param {readonly [string, ...string[]]} command
 * @param {string} [advice]
 */
async function succeed([program, ...parameters], advice = '') {
  const { exitCode, lines } = await runCommand(program, parameters).catch((/** @type {unknown} */ cause) => ({
    exitCode: 1,
    lines: [String(cause)],
  }));
  if (exitCode !== 0) throw new SetupFailure(`${lines.slice(-5).join('\n')}\n${advice}`.trim());
}
