import type { Command } from 'commander';
import { type CommonFlags, type RunCommand, verboseFlag } from '../run-command.js';
import type { DoctorFlags } from './doctor.js';
import type { PlanFlags } from './plan.js';

const languageFlag = ['-l, --language <language>', 'what will be spoken, by code or name', 'auto'] as const;
const jsonFlag = ['--json', 'one JSON document on stdout'] as const;

const doctorExitCodes = `Exit codes:
  0    the engine can work here: its provider is available and there is a plan
  2    bad command line
  3    it cannot work here yet, and the page says why`;

const planExamples = `Examples:
  whisperpool plan --cores 8 --memory 16GB --metal
  whisperpool plan --cores 4 --quota 0.5 --memory 512MB --language de`;

/** Adds `whisperpool doctor` and `whisperpool plan`. */
export function addDoctorCommands(program: Command, run: RunCommand): void {
  program
    .command('doctor')
    .description('Say what this machine has, what the engine makes of it and why, and what would make it better.')
    .option('--measure', 'try the plan and its alternatives out, for about 5 s')
    .option(...languageFlag)
    .option(...jsonFlag)
    .option(...verboseFlag)
    .addHelpText('after', `\n${doctorExitCodes}`)
    .action((flags: DoctorFlags & CommonFlags) =>
      run(flags, async (terminal) => (await import('./doctor.js')).examine(terminal, flags)),
    );

  program
    .command('plan')
    .description('Say what the engine would do on another machine, and why: an estimate over all published models.')
    .requiredOption('--cores <count>', 'physical cores')
    .requiredOption('--memory <size>', 'installed, or the limit of the container: 512MB, 16GB, 8GiB')
    .option('--quota <cores>', 'CPU quota of the container, such as 0.5')
    .option('--metal', 'it is a Mac with an Apple chip')
    .option('--gpu-memory <size>', 'it has a GPU with CUDA and so much memory of its own')
    .option(...languageFlag)
    .option('-m, --model <name>', 'a model that it must be')
    .option('--variant <variant>', 'the variant that it must be')
    .option('--slots <count>', 'decodes at once that it must be')
    .option(...jsonFlag)
    .option(...verboseFlag)
    .addHelpText('after', `\n${planExamples}`)
    .action((flags: PlanFlags & CommonFlags) =>
      run(flags, async (terminal) => (await import('./plan.js')).planForAnother(terminal, flags)),
    );
}
