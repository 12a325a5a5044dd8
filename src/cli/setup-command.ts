import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { type ExitCode, exitCodes } from './exit-code.js';
import { type CommonFlags, type RunCommand, verboseFlag } from './run-command.js';
import type { Terminal } from './terminal.js';

const script = fileURLToPath(new URL('../../scripts/setup.mjs', import.meta.url));
const notes = `Needs cmake and a C++ compiler, and npm for the sources of whisper.cpp. What is built already stays.
WHISPER_CPP_DIR builds another whisper.cpp tree; WHISPERPOOL_CMAKE_ARGS passes more options to cmake.`;

/** Adds `whisperpool setup`. */
export function addSetupCommand(program: Command, run: RunCommand): void {
  program
    .command('setup')
    .description('Build the native addon from source, for this machine.')
    .option(...verboseFlag)
    .addHelpText('after', `\n${notes}`)
    .action((flags: CommonFlags) => run(flags, setUp));
}

async function setUp({ signal }: Terminal): Promise<ExitCode> {
  const child = spawn(process.execPath, [script, '--native'], { stdio: ['ignore', 'inherit', 'inherit'] });
  // Not spawn's own `signal`: it would not wait for the compilers to end.
  signal.addEventListener('abort', () => child.kill());
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0 ? exitCodes.ok : exitCodes.installation;
}
