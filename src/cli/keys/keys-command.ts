import type { Command } from 'commander';
import { leastNumber } from '../number-flag.js';
import { type CommonFlags, type RunCommand, verboseFlag } from '../run-command.js';
import type { AddFlags, FileFlag, ListFlags } from './keys.js';

const fileFlag = ['--file <file>', 'where the keys are, as SHA-256; made when it is not there'] as const;
const examples = `Examples:
  whisperpool keys add newsroom --file keys.json --sessions 4 --requests-per-minute 120
  whisperpool serve --host 0.0.0.0 --keys keys.json
  whisperpool keys revoke newsroom --file keys.json

A server that runs reads the file again within a second of a change.`;

/** Adds `whisperpool keys` and what it can do. */
export function addKeysCommand(program: Command, run: RunCommand): void {
  const keys = program
    .command('keys')
    .description('Make and revoke the keys that a server lets in.')
    .addHelpText('after', `\n${examples}`);

  command(keys, 'add', 'Make a key, and print it: it cannot be shown again.')
    .argument('<name>', 'whose it is, for logs and for revoking it')
    .option('--sessions <count>', 'live sessions at once (default: as many as the server has)', leastNumber(0))
    .option('--transcriptions <count>', 'uploads at once (default: as many as the server takes)', leastNumber(0))
    .option('--requests-per-minute <count>', '(default: no limit)', leastNumber(1))
    .action((name: string, flags: AddFlags & CommonFlags) =>
      run(flags, async (terminal) => (await import('./keys.js')).addKey(terminal, name, flags)),
    );

  command(keys, 'list', 'List the keys by their names, with their limits.')
    .option('--json', 'one JSON document on stdout')
    .action((flags: ListFlags & CommonFlags) =>
      run(flags, async (terminal) => (await import('./keys.js')).listKeys(terminal, flags)),
    );

  command(keys, 'revoke', 'Take a key away.')
    .argument('<name>', 'of the key')
    .action((name: string, flags: FileFlag & CommonFlags) =>
      run(flags, async (terminal) => (await import('./keys.js')).revokeKey(terminal, name, flags)),
    );
}

function command(keys: Command, name: string, description: string): Command {
  return keys
    .command(name)
    .description(description)
    .requiredOption(...fileFlag)
    .option(...verboseFlag);
}
