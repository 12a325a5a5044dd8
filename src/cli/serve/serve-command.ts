import { type Command, Option } from 'commander';
import { leastNumber } from '../number-flag.js';
import { type CommonFlags, type RunCommand, verboseFlag } from '../run-command.js';
import { several } from '../several.js';
import type { ServeFlags } from './serve.js';

const examples = `Examples:
  whisperpool serve --model base
  whisperpool serve --host 0.0.0.0 --keys keys.json --cors https://app.example
  whisperpool serve --redis redis://10.0.0.5 --public-url wss://one.example/v1/live --keys keys.json --host 0.0.0.0

It prints its address on stdout when it listens, and what happens as lines of JSON on stderr.
SIGTERM or Ctrl-C ends it in good order: what runs is finished, nothing new is taken. A second one ends it at once.

Exit codes:
  0    ended by SIGTERM or Ctrl-C, in good order
  1    failed
  2    bad command line, keys that cannot be read, or a port that is taken
  3    the native addon, the model, or a package for serving is missing; the message says what to do
  130  a second Ctrl-C cut its end short
  143  a second SIGTERM cut its end short`;

/** Adds `whisperpool serve`. */
export function addServeCommand(program: Command, run: RunCommand): void {
  program
    .command('serve')
    .description("Serve transcripts over HTTP, as OpenAI's API does, and live over WebSockets.")
    .option('--host <address>', 'to listen on; another one than loopback needs --keys or --open', '127.0.0.1')
    .option('--port <number>', '0 for any that is free', leastNumber(0), 8080)
    .option('--keys <file>', 'of `whisperpool keys`; only they are let in (default: everybody is)')
    .option('--open', 'let everybody in, on any address')
    .option('--cors <origin>', 'of pages elsewhere that may call; may be given again (default: none)', several)
    .option('-m, --model <name>', 'name or path of a Whisper model (default: base)')
    .option('--offline', 'download nothing')
    .option('-l, --language <language>', 'language that is spoken unless a request says; auto detects it', 'auto')
    .option('--slots <count>', 'decodes at once (default: what fits the machine)', leastNumber(1))
    .option('--sessions <count>', 'live sessions at once', leastNumber(1), 10)
    .option('--transcriptions <count>', 'uploads that wait or are transcribed (default: 8 a slot)', leastNumber(1))
    .option('--upload-limit <MiB>', 'size of an upload', leastNumber(1), 512)
    .option('--audio-limit <seconds>', 'length of an upload', leastNumber(1), 14_400)
    .option('--upload-folder <folder>', "where uploads wait (default: the system's for temporary files)")
    .option('--drain <seconds>', 'how long the end waits for what runs', leastNumber(1), 30)
    .option('--no-page', 'no page at /')
    .addOption(
      new Option('--redis <url>', 'where servers say which of them holds a live session; needs --public-url').env(
        'WHISPERPOOL_REDIS',
      ),
    )
    .option('--public-url <url>', 'of /v1/live of this server, as its clients reach it')
    .option(...verboseFlag)
    .addHelpText('after', `\n${examples}`)
    .action((flags: ServeFlags & CommonFlags) =>
      run(flags, async (terminal) => (await import('./serve.js')).serve(terminal, flags)),
    );
}
