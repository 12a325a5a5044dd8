import { Argument, type Command, Option } from 'commander';
import { transcriptFormats } from '../transcript/format.js';
import { transcribeExitCodes } from './exit-code.js';
import { leastNumber } from './number-flag.js';
import { type CommonFlags, type RunCommand, verboseFlag } from './run-command.js';
import type { TranscribeFlags } from './transcribe.js';

const examples = `Examples:
  whisperpool transcribe call.mp3
  whisperpool transcribe --format srt -o subtitles/ *.wav
  curl -s https://example.org/talk.ogg | whisperpool transcribe --language de -`;

/** Adds `whisperpool transcribe`. */
export function addTranscribeCommand(program: Command, run: RunCommand): void {
  program
    .command('transcribe')
    .description('Transcribe audio files. The transcript goes to stdout, everything else to stderr.')
    .addArgument(new Argument('<file...>', 'audio files; - is stdin'))
    .option('-m, --model <name>', 'name or path of a Whisper model (default: base)')
    .option('--variant <variant>', 'of the model: auto, f16, q8_0, q5_1, q4_0, int8, int4 (default: auto)')
    .option('--offline', 'download nothing')
    .option('-l, --language <language>', 'language that is spoken, by code or name; auto detects it', 'auto')
    .addOption(
      new Option('--task <task>', 'translate writes English, whatever is spoken')
        .choices(['transcribe', 'translate'])
        .default('transcribe'),
    )
    .option('--prompt <text>', 'words and spellings to expect')
    .addOption(new Option('-f, --format <format>', 'of the transcript').choices(transcriptFormats).default('txt'))
    .option('--words', 'times of every word (in verbose_json)')
    .option('--slots <count>', 'decodes at once (default: what fits the machine)', leastNumber(1))
    .option('--threads <count>', 'threads of each decode (default: what fits the machine)', leastNumber(1))
    .option('-o, --output <path>', 'file for one transcript, or folder (ends in /) for one per input')
    .option(...verboseFlag)
    .addHelpText('after', `\n${examples}\n\n${transcribeExitCodes}`)
    .action((files: string[], flags: TranscribeFlags & CommonFlags) =>
      run(flags, async (terminal) => {
        const { TranscribeCommand } = await import('./transcribe.js');
        return new TranscribeCommand(flags, terminal).run(files);
      }),
    );
}
