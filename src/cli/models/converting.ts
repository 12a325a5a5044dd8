import { mkdir } from 'node:fs/promises';
import { EngineError } from '../../errors.js';
import type { ConversionOptions, ConvertedModel } from '../../model/conversion/conversion.js';
import { ByteProgress } from '../byte-progress.js';
import { type ExitCode, exitCodes } from '../exit-code.js';
import type { Terminal } from '../terminal.js';

/** Flags of the commands that make a model of another. */
export interface ConversionFlags {
  readonly into?: string;
  readonly overwrite?: boolean;
}

/** Makes a model of `source`, shows how far it is, and prints where it went. */
export async function converting(
  terminal: Terminal,
  source: string,
  { overwrite }: ConversionFlags,
  convert: (options: ConversionOptions) => Promise<ConvertedModel>,
): Promise<ExitCode> {
  const { display, clock, signal } = terminal;
  const progress = new ByteProgress(display, clock, source);
  const { path } = await convert({ overwrite, signal, onProgress: progress.advance.bind(progress) });
  progress.done();
  terminal.print(`${path}\n`);
  return exitCodes.ok;
}

/** Makes the folder where it is missing. */
export async function madeFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    const message = `The folder ${folder} cannot be made. Name another one with --into.`;
    throw new EngineError('MODEL_STORE_UNWRITABLE', message, { cause });
  });
  return folder;
}
