import { Argument, type Command } from 'commander';
import type { QuantisedVariant } from '../../model/conversion/quantize-model.js';
import { modelsExitCodes } from '../exit-code.js';
import { type CommonFlags, type RunCommand, verboseFlag } from '../run-command.js';
import { several } from '../several.js';
import type { CheckFlags } from './check.js';
import type { ImportFlags } from './import.js';
import type { ListFlags } from './list.js';
import type { QuantizeFlags } from './quantize.js';
import type { VariantFlag } from './variant-flag.js';
import type { VerifyFlags } from './verify.js';

const names = 'tiny, base, small, medium (with .en for English only), large-v1, -v2, -v3, turbo';
const variantFlag = ['--variant <variant>', 'f16, q8_0, q5_1, q5_0, q4_0, int8, int4 or auto'] as const;
const jsonFlag = ['--json', 'one JSON document on stdout'] as const;
const intoFlag = '--into <folder>';
const overwriteFlag = ['--overwrite', 'replace the file if there is one'] as const;
const quantisedVariants = ['q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0'] as const satisfies readonly QuantisedVariant[];

/** Adds `whisperpool models` and what it can do. */
export function addModelsCommand(program: Command, run: RunCommand): void {
  const models = program
    .command('models')
    .description('See, fetch, check and make the models on this machine.')
    .addHelpText('after', `\n${modelsExitCodes}`);

  command(models, 'list', 'List the models that transcribe can use, and what is wrong with the others.')
    .option(...jsonFlag)
    .action((flags: ListFlags & CommonFlags) =>
      run(flags, async (terminal) => (await import('./list.js')).listModels(terminal, flags)),
    );

  command(models, 'pull', 'Download a model, unless a good file of it is here. Prints where it is.')
    .argument('<name>', names)
    .option(...variantFlag)
    .action((name: string, flags: VariantFlag & CommonFlags) =>
      run(flags, async (terminal) => (await import('./pull.js')).pullModel(terminal, name, flags)),
    );

  command(models, 'verify', 'Read every byte of the models again, and compare with what was published.')
    .argument('[name]', 'one model by its name or path (default: all)')
    .option(...variantFlag)
    .option(...jsonFlag)
    .action((name: string | undefined, flags: VerifyFlags & CommonFlags) =>
      run(flags, async (terminal) => (await import('./verify.js')).verifyModels(terminal, name, flags)),
    );

  command(models, 'rm', 'Remove a downloaded model. Files in other folders are never touched.')
    .argument('<name>', 'a model in all its variants, or in the one given')
    .option(...variantFlag)
    .action((name: string, flags: VariantFlag & CommonFlags) =>
      run(flags, async (terminal) => (await import('./remove.js')).removeModel(terminal, name, flags)),
    );

  command(models, 'prune', 'Remove what downloads that were broken off have left.').action((flags: CommonFlags) =>
    run(flags, async (terminal) => (await import('./remove.js')).pruneModels(terminal)),
  );

  command(models, 'import', 'Make a model of a CTranslate2 folder, as faster-whisper keeps them. Prints where it is.')
    .argument('<folder>', "the model's own, or its folder in the Hugging Face cache")
    .option(intoFlag, 'where the model goes (default: where downloads go)')
    .option('--name <name>', 'what the model is called from now on (default: the published name)')
    .option(...overwriteFlag)
    .action((folder: string, flags: ImportFlags & CommonFlags) =>
      run(flags, async (terminal) => (await import('./import.js')).importFolder(terminal, folder, flags)),
    );

  command(models, 'quantize', 'Make a smaller variant of an f16 model. Prints where it is.')
    .argument('<model>', 'an f16 file by its path, or the name of a model that is here as f16')
    .addArgument(new Argument('<variant>', 'what to make').choices(quantisedVariants))
    .option(intoFlag, 'where the model goes (default: beside a file, or where downloads go)')
    .option(...overwriteFlag)
    .action((model: string, variant: QuantisedVariant, flags: QuantizeFlags & CommonFlags) =>
      run(flags, async (terminal) => (await import('./quantize.js')).quantize(terminal, model, variant, flags)),
    );

  command(models, 'check', 'Say what other Whisper tools keep on this machine: complete, incomplete or missing.')
    .option('--dir <folder>', 'look there too; may be given again', several)
    .option('--tool <name>', 'only this one, such as FasterWhisper or WhisperKit; may be given again', several)
    .option('--deep', 'compare every byte whose hash is known; takes minutes')
    .option('--fix', 'show what can be repaired, ask, and do it')
    .option('--yes', 'with --fix: do not ask')
    .option(...jsonFlag)
    .action((flags: CheckFlags & CommonFlags) =>
      run(flags, async (terminal) => (await import('./check.js')).checkTools(terminal, flags)),
    );
}

function command(models: Command, name: string, description: string): Command {
  return models
    .command(name)
    .description(description)
    .option(...verboseFlag);
}
