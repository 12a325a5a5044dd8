import { type Command, Option } from 'commander';
import { leastNumber } from '../number-flag.js';
import { type CommonFlags, type RunCommand, verboseFlag } from '../run-command.js';
import { several } from '../several.js';
import type { EnqueueFlags } from './enqueue.js';
import type { WorkFlags } from './work.js';

const workText = `Examples:
  whisperpool work --redis redis://10.0.0.5 --model base --allow-folder /srv/recordings
  whisperpool work --redis redis://10.0.0.5 --results /srv/transcripts

What happens is on stderr, as lines of JSON. SIGTERM or Ctrl-C ends it in good order: what runs is finished or given
back, and no job is lost. A second one ends it at once; then others do its jobs when they have missed it.

Exit codes:
  0    ended by SIGTERM or Ctrl-C, in good order
  1    failed, such as for a Redis that does not answer
  2    bad command line
  3    the native addon, the model, or a package for queues is missing; the message says what to do
  130  a second Ctrl-C cut its end short
  143  a second SIGTERM cut its end short`;

const enqueueText = `Examples:
  whisperpool enqueue https://media.example/talk.mp3 --redis redis://10.0.0.5 --model base
  whisperpool enqueue recordings/*.wav --redis redis://10.0.0.5 --wait

One JSON object a job goes to stdout, in the order of the command line. The same audio with the same options is one job.

Exit codes:
  0    enqueued; with --wait: all are done
  1    failed; with --wait: a job could not be done
  2    bad command line
  3    a package for queues is missing; the message says what to do`;

/** Adds `whisperpool work` and `whisperpool enqueue`. */
export function addQueueCommands(program: Command, run: RunCommand): void {
  queueCommand(program, 'work', 'Transcribe the jobs of a queue that several machines share.')
    .option('--offline', 'download nothing')
    .option('--slots <count>', 'jobs at once (default: what fits the machine)', leastNumber(1))
    .option('--results <folder>', 'also write each result there, as ID.json')
    .option('--allow-folder <folder>', 'whose files jobs may name; may be given again (default: none)', several)
    .option(
      '--allow-private <network>',
      'such as 10.1.0.0/16, whose hosts jobs may name; may be given again (default: none)',
      several,
    )
    .option('--fetch-limit <MiB>', 'size of the audio of a job', leastNumber(1), 512)
    .option('--drain <seconds>', 'how long the end waits for what runs', leastNumber(0), 30)
    .addHelpText('after', `\n${workText}`)
    .action((flags: WorkFlags & CommonFlags) =>
      run(flags, async (terminal) => (await import('./work.js')).work(terminal, flags)),
    );

  queueCommand(program, 'enqueue', 'Put audio into a queue, by its address.')
    .argument('<uri...>', 'http, https or file addresses, or paths of files that the workers have, too')
    .option('-l, --language <language>', 'language that is spoken, by code or name; auto detects it', 'auto')
    .addOption(
      new Option('--task <task>', 'translate writes English, whatever is spoken')
        .choices(['transcribe', 'translate'])
        .default('transcribe'),
    )
    .option('--prompt <text>', 'words and spellings to expect')
    .option('--words', 'times of every word')
    .addOption(
      new Option('--priority <priority>', 'what goes first')
        .choices(['critical', 'normal', 'background'])
        .default('normal'),
    )
    .option(
      '--allow-private <network>',
      'such as 10.1.0.0/16, whose hosts may be asked which audio they have; may be given again (default: none)',
      several,
    )
    .option('--wait', 'until the jobs are done; each line then has the text')
    .addHelpText('after', `\n${enqueueText}`)
    .action((uris: string[], flags: EnqueueFlags & CommonFlags) =>
      run(flags, async (terminal) => (await import('./enqueue.js')).enqueue(terminal, uris, flags)),
    );
}

function queueCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .addOption(new Option('--redis <url>', 'the queue, redis:// or rediss://').env('WHISPERPOOL_REDIS'))
    .addOption(new Option('--postgres <url>', 'the queue, instead of --redis').env('WHISPERPOOL_POSTGRES'))
    .option('--queue <name>', 'one of several in the same place', 'whisperpool')
    .option('-m, --model <name>', 'whose workers do the jobs (default: base)')
    .option(...verboseFlag);
}
