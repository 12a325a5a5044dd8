import { readFileSync } from 'node:fs';
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../clock.js';
import { transcriptFormats } from '../transcript/format.js';
import { type ExitCode, exitCodeHelp, exitCodes } from './exit-code.js';
import { Interruption } from './interruption.js';
import { TranscribeCommand, type TranscribeFlags } from './transcribe.js';

const examples = `Examples:
  whisperpool transcribe call.mp3
  whisperpool transcribe --format srt -o subtitles/ *.wav
  curl -s https://example.org/talk.ogg | whisperpool transcribe --language de -`;

/** Runs the command line `argv` (as in `process.argv`) and resolves with what to exit with. */
export async function runProgram(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok;
  const program = new Command('whisperpool')
    .description('Speech to text on this machine, through a pool of warm Whisper workers.')
    .version(packageVersion())
    .addHelpText('after', `\n${exitCodeHelp}`)
    .configureOutput({
      outputError: (text, write) => {
        write(text.replace(/^error: /u, 'whisperpool: '));
      },
    })
    .showHelpAfterError('(whisperpool --help lists the commands and options)')
    .exitOverride();
  program.addCommand(
    transcribeCommand(async (files, flags) => {
      const interruption = new Interruption();
      interruption.listen();
      exitCode = await new TranscribeCommand(flags, process, interruption, systemClock).run(files);
    }).copyInheritedSettings(program),
  );
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
}

function transcribeCommand(action: (files: string[], flags: TranscribeFlags) => Promise<void>): Command {
  return new Command('transcribe')
    .description('Transcribe audio files. The transcript goes to stdout, everything else to stderr.')
    .addArgument(new Argument('<file...>', 'audio files; - is stdin'))
    .option('-m, --model <name>', 'name or path of a Whisper model (default: base)')
    .option('-l, --language <language>', 'language that is spoken, by code or name; auto detects it', 'auto')
    .addOption(
      new Option('--task <task>', 'translate writes English, whatever is spoken')
        .choices(['transcribe', 'translate'])
        .default('transcribe'),
    )
    .option('--prompt <text>', 'words and spellings to expect')
    .addOption(new Option('-f, --format <format>', 'of the transcript').choices(transcriptFormats).default('txt'))
    .option('--words', 'times of every word (in verbose_json)')
    .option('--slots <count>', 'decodes at once (default: what fits the machine)', wholeNumber)
    .option('--threads <count>', 'threads of each decode (default: what fits the machine)', wholeNumber)
    .option('-o, --output <path>', 'file for one transcript, or folder (ends in /) for one per input')
    .option('--verbose', 'also print what caused an error')
    .addHelpText('after', `\n${examples}\n\n${exitCodeHelp}`)
    .action(action);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It is a whole number from 1.');
  return value;
}

function packageVersion(): string {
  const description: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof description === 'object' && description !== null && 'version' in description) {
    return String(description.version);
  }
  return 'unknown';
}
