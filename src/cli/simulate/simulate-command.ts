import type { Command } from 'commander';
import { type CommonFlags, type RunCommand, verboseFlag } from '../run-command.js';
import type { SimulateFlags } from './simulate.js';

const examples = `Examples:
  whisperpool simulate step
  whisperpool simulate steady-3x --policy thresholds --html timeline.html
  whisperpool simulate incident.jsonl --policy ./my-policy.mjs --machine machine.json`;

/** Adds `whisperpool simulate`. */
export function addSimulateCommand(program: Command, run: RunCommand): void {
  program
    .command('simulate')
    .description('Try a policy of the ladder out on a load, in seconds and without audio.')
    .argument(
      '<trace>',
      'a trace or a recording (JSON lines), or the name of a made-up one; an unknown name lists them',
    )
    .option('-p, --policy <file>', 'a preset, or a module whose default export is a policy', 'standard')
    .option('--machine <file>', 'JSON that describes the machine (default: the recorded one, or 2 cores with base)')
    .option('--html <file>', 'also write the timeline as a page')
    .option('--json', 'one JSON document on stdout')
    .option(...verboseFlag)
    .addHelpText('after', `\n${examples}`)
    .action((trace: string, flags: SimulateFlags & CommonFlags) =>
      run(flags, async (terminal) => (await import('./simulate.js')).simulateTrace(terminal, trace, flags)),
    );
}
