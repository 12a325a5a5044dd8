import { SetupFailure } from './failure.mjs';

/**
 * Runs npm: the one that runs us, where one does.
 * @param {import('./step.d.ts').Workshop['run']} run
 * @param {readonly [command: string, ...parameters: string[]]} parameters
 * @throws SetupFailure
 */
export async function runNpm(run, parameters) {
  const npm = process.env['npm_execpath'];
  const { exitCode, lines } = npm?.endsWith('npm-cli.js')
    ? await run(process.execPath, [npm, ...parameters])
    : await run('npm', parameters);
  if (exitCode !== 0) {
    throw new SetupFailure(`${lines.join('\n')}\nnpm ${parameters[0]} failed (exit code ${exitCode}).`);
  }
}
