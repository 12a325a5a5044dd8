import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addDoctorCommands } from './doctor/doctor-command.js';
import { type ExitCode, exitCodes } from './exit-code.js';
import { addKeysCommand } from './keys/keys-command.js';
import { addModelsCommand } from './models/models-command.js';
import { addProvidersCommand } from './providers/providers-command.js';
import type { RunCommand } from './run-command.js';
import { addServeCommand } from './serve/serve-command.js';
import { addSetupCommand } from './setup-command.js';
import { addSimulateCommand } from './simulate/simulate-command.js';
import { Terminal } from './terminal.js';
import { addTranscribeCommand } from './transcribe-command.js';
import { addQueueCommands } from './work/work-command.js';

/** Runs the command line `argv` (as in `process.argv`) and resolves with what to exit with. */
export async function runProgram(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok;
  const program = new Command('whisperpool')
    .description('Speech to text on this machine, through a pool of warm Whisper workers.')
    .version(packageVersion())
    .configureOutput({
      outputError: (text, write) => {
        write(text.replace(/^error: /u, 'whisperpool: '));
      },
    })
    .showHelpAfterError('(whisperpool --help lists the commands and options)')
    .exitOverride();
  const run: RunCommand = async ({ verbose = false }, work) => {
    exitCode = await new Terminal(process, verbose).run(work);
  };
  addTranscribeCommand(program, run);
  addModelsCommand(program, run);
  addSetupCommand(program, run);
  addDoctorCommands(program, run);
  addProvidersCommand(program, run);
  addSimulateCommand(program, run);
  addServeCommand(program, run);
  addKeysCommand(program, run);
  addQueueCommands(program, run);
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
}

function packageVersion(): string {
  const description: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof description === 'object' && description !== null && 'version' in description) {
    return String(description.version);
  }
  return 'unknown';
}
