// Everything about the code that can be judged without running it. `node scripts/check.mjs [NAME…]` runs those named.
import { availableParallelism } from 'node:os';
import { runCommand } from './setup/command.mjs';
import { SetupFailure } from './setup/failure.mjs';
import { place } from './setup/place.mjs';
import { secondsSince } from './setup/progress.mjs';

/** The slow ones first, because they run beside each other. */
const CHECKS = [
  { name: 'lint', command: tool('eslint'), parameters: ['.', '--max-warnings', '0'] },
  { name: 'package', command: process.execPath, parameters: [place('scripts/check-package.mjs')] },
  { name: 'options', command: process.execPath, parameters: [place('scripts/option-tables.mjs'), '--check'] },
  { name: 'types', command: tool('tsc'), parameters: ['-p', 'tsconfig.json'] },
  { name: 'page-types', command: tool('tsc'), parameters: ['-p', 'tsconfig.page.json'] },
  { name: 'dead-code', command: tool('knip'), parameters: ['--tsConfig', 'tsconfig.build.json', '--no-progress'] },
  { name: 'folders', command: tool('depcruise'), parameters: ['src', 'test', 'bench', 'scripts', 'examples'] },
  { name: 'format', command: tool('biome'), parameters: ['check', '--error-on-warnings', '--max-diagnostics', '200'] },
];

/** @param {string} name of an installed program */
function tool(name) {
  return place('node_modules/.bin', name);
}

/** @param {typeof CHECKS[number]} check */
async function runCheck({ name, command, parameters }) {
  const start = performance.now();
  const { exitCode, lines } = await runCommand(command, parameters);
  if (exitCode === 0) console.log(`check: ${name} passed (${secondsSince(start)})`);
  else console.log(`${lines.join('\n').trim()}\ncheck: ${name} FAILED (${secondsSince(start)})`);
  return exitCode === 0 ? [] : [name];
}

/** @param {readonly string[]} names */
function chooseChecks(names) {
  const unknown = names.filter((name) => !CHECKS.some((check) => check.name === name));
  if (unknown.length > 0) {
    const known = CHECKS.map((check) => check.name).join(' ');
    throw new SetupFailure(`There is no check ${unknown.join(' ')}; there are ${known}.`, 2);
  }
  return names.length === 0 ? CHECKS : CHECKS.filter((check) => names.includes(check.name));
}

try {
  const waiting = [...chooseChecks(process.argv.slice(2))];
  const lane = async () => {
    /** @type {string[]} */
    const failed = [];
    for (let check = waiting.shift(); check; check = waiting.shift()) failed.push(...(await runCheck(check)));
    return failed;
  };
  const failed = (await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, lane))).flat();
  if (failed.length > 0) throw new SetupFailure(`check: ${failed.join(', ')} failed`);
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
