import { randomUUID } from 'node:crypto';
import { accessSync, constants, mkdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import { EngineError } from '../errors.js';
import type { TranscriptFormat } from '../transcript/format.js';

/** Where the transcript of one input goes. */
type Destination = { readonly kind: 'stdout' } | { readonly kind: 'file'; readonly path: string };

/** One input of the command line and where its transcript goes. */
export interface Job {
  /** Path of the audio file, or `-` for stdin. */
  readonly input: string;
  /** What messages call it. */
  readonly name: string;
  readonly destination: Destination;
}

const extensions: Record<TranscriptFormat, string> = {
  json: '.json',
  verbose_json: '.json',
  srt: '.srt',
  vtt: '.vtt',
  txt: '.txt',
};

/**
 * Decides where every transcript goes, before any work is done: `outputPath` is a folder when it exists as one or ends
 * in a slash (then it is made), a file for a single input, or absent for stdout.
 * @throws EngineError `OPTION_INVALID` when two transcripts would share a place, or the place cannot be written
 */
export function planJobs(inputs: readonly string[], outputPath: string | undefined, format: TranscriptFormat): Job[] {
  if (inputs.filter((input) => input === '-').length > 1) throw invalid('Stdin (-) can be read only once.');
  const jobs = inputs.map((input) => ({
    input,
    name: input === '-' ? 'stdin' : input,
    destination: destinationOf(input, inputs.length, outputPath, format),
  }));
  refuseOverwriting(jobs);
  return jobs;
}

function destinationOf(
  input: string,
  inputCount: number,
  outputPath: string | undefined,
  format: TranscriptFormat,
): Destination {
  if (outputPath === undefined) {
    if (inputCount > 1 && format !== 'txt') {
      throw invalid(`Several transcripts in ${format} cannot share stdout. Give a folder for them: -o FOLDER/`);
    }
    return { kind: 'stdout' };
  }
  if (isFolder(outputPath)) {
    const stem = input === '-' ? 'stdin' : basename(input, extname(input));
    return { kind: 'file', path: join(writableFolder(outputPath), `${stem}${extensions[format]}`) };
  }
  if (inputCount > 1) {
    throw invalid(`Several transcripts cannot share the file ${outputPath}. Give a folder: -o ${outputPath}/`);
  }
  writableFolder(dirname(outputPath));
  return { kind: 'file', path: outputPath };
}

function isFolder(path: string): boolean {
  if (path.endsWith('/') || path.endsWith(sep)) {
    try {
      mkdirSync(path, { recursive: true });
    } catch (cause) {
      throw invalid(`The output folder ${path} cannot be made.`, cause);
    }
    return true;
  }
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function writableFolder(path: string): string {
  try {
    accessSync(path, constants.W_OK);
  } catch (cause) {
    throw invalid(`The output folder ${path} does not exist or cannot be written.`, cause);
  }
  return path;
}

function refuseOverwriting(jobs: readonly Job[]): void {
  const owners = new Map<string, string>();
  for (const { name, destination } of jobs) {
    if (destination.kind === 'stdout') continue;
    const path = resolve(destination.path);
    const owner = owners.get(path);
    if (owner !== undefined) throw invalid(`The transcripts of ${owner} and ${name} would both be ${path}.`);
    owners.set(path, name);
    const audio = jobs.find((job) => job.input !== '-' && isSameFile(job.input, path));
    if (audio !== undefined) throw invalid(`The transcript of ${name} would replace the audio file ${audio.name}.`);
  }
}

function isSameFile(onePath: string, otherPath: string): boolean {
  const one = statSync(onePath, { throwIfNoEntry: false });
  const other = statSync(otherPath, { throwIfNoEntry: false });
  return one?.isFile() === true && one.ino === other?.ino && one.dev === other.dev;
}

/**
 * Writes a whole file or none: into a temporary file beside it, then renamed. It is synchronous so that no signal is
 * handled in between. Devices and pipes are written straight, and a symbolic link keeps pointing at its file.
 * `newMode` is the mode of a file that was not there.
 */
export function writeWhole(path: string, text: string, newMode = 0o666): void {
  const existing = statSync(path, { throwIfNoEntry: false });
  if (existing !== undefined && !existing.isFile()) {
    writeFileSync(path, text);
    return;
  }
  const target = existing === undefined ? path : realpathSync(path);
  const temporary = join(dirname(target), `.whisperpool-${randomUUID()}.tmp`);
  try {
    writeFileSync(temporary, text, { flag: 'wx', mode: existing?.mode ?? newMode });
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function invalid(message: string, cause?: unknown): EngineError {
  return new EngineError('OPTION_INVALID', message, { cause });
}
