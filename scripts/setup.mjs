// Brings a clone, or an installed package, to the point where it runs: npm packages, native addon, compiled TypeScript.
// What is current is skipped. `node scripts/setup.mjs [--native] [--typescript] [--prebuilt] [--asan] [--tsan]` makes
// only what is named, and the packages that it needs; without a name it makes what `npm test` and `npm run demo` need.
import { runCommand } from './setup/command.mjs';
import { SetupFailure } from './setup/failure.mjs';
import { acquireLock } from './setup/lock.mjs';
import { asan, native, prebuilt, tsan } from './setup/native.mjs';
import { packages } from './setup/packages.mjs';
import { place } from './setup/place.mjs';
import { createProgress, secondsSince } from './setup/progress.mjs';
import { sources } from './setup/sources.mjs';
import { findToolchain } from './setup/toolchain.mjs';
import { typescript } from './setup/typescript.mjs';

const NODE_AT_LEAST = 20;
const COMPILED = [native, prebuilt, asan, tsan];
const CHOICES = [...COMPILED, typescript];

/**
 * Makes the steps that are not current, in order. Two set-ups of one folder take turns.
 * @param {readonly import('./setup/step.d.ts').Step[]} steps
 * @param {import('./setup/progress.mjs').Progress} progress
 */
async function setUp(steps, progress) {
  const start = performance.now();
  if (steps.every((step) => step.isCurrent())) {
    progress.say(`set-up: everything is current (${secondsSince(start)})`);
    return;
  }
  // Before anything is fetched or built.
  if (steps.some((step) => COMPILED.includes(step) && !step.isCurrent())) findToolchain();
  const lock = await acquireLock(place('build/setup.lock'), ({ pid }) => {
    progress.say(`set-up: waiting for another set-up of this folder to end (process ${pid})`);
  });
  try {
    /** @type {import('./setup/step.d.ts').Workshop} */
    const workshop = {
      progress,
      run: (command, parameters, options) => runCommand(command, parameters, { ...options, onStart: lock.guard }),
    };
    for (const step of steps) if (!step.isCurrent()) await step.make(workshop);
  } finally {
    lock.release();
  }
  progress.say(`set-up: ready after ${secondsSince(start)}`);
}

/** @param {readonly string[]} names */
function chooseSteps(names) {
  const unknown = names.filter((name) => !CHOICES.some((step) => name === `--${step.name}`));
  if (unknown.length > 0) {
    const known = CHOICES.map((step) => `--${step.name}`).join(' ');
    throw new SetupFailure(`There is no ${unknown.join(' ')}; there are ${known}.`, 2);
  }
  const chosen = CHOICES.filter((step) => names.includes(`--${step.name}`));
  const steps = names.length === 0 ? [native, typescript] : chosen;
  return [packages, ...(steps.some((step) => COMPILED.includes(step)) ? [sources] : []), ...steps];
}

const progress = createProgress(process.stderr);
try {
  if (Number.parseInt(process.versions.node, 10) < NODE_AT_LEAST) {
    throw new SetupFailure(`whisperpool needs Node ${NODE_AT_LEAST} or newer; this is ${process.version}.`);
  }
  await setUp(chooseSteps(process.argv.slice(2)), progress);
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error;
  progress.say(error.message);
  process.exitCode = error.exitCode;
}
