import type { Command } from 'commander';
import { type CommonFlags, type RunCommand, verboseFlag } from '../run-command.js';
import type { ProvidersFlags } from './providers.js';

const exitCodeText = `Exit codes:
  0    done; with --probe: at least one is available
  2    bad command line
  3    with --probe: none is available`;

/** Adds `whisperpool providers`. */
export function addProvidersCommand(program: Command, run: RunCommand): void {
  program
    .command('providers')
    .description('List what can decode, what is missing for it here, and what to install.')
    .option('--probe', 'try each of them, in processes of their own')
    .option('--json', 'one JSON document on stdout')
    .option(...verboseFlag)
    .addHelpText('after', `\n${exitCodeText}`)
    .action((flags: ProvidersFlags & CommonFlags) =>
      run(flags, async (terminal) => (await import('./providers.js')).listProviders(terminal, flags)),
    );
}
