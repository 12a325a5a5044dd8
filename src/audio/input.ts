import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../errors.js';
import type { AudioSource } from '../workers/protocol.js';

/** Raw samples and how to read them. */
export interface PcmInput {
  /** Float32 in −1 … 1 or Int16, channels interleaved. */
  readonly samples: Float32Array | Int16Array;
  /** Samples per second of one channel. */
  readonly sampleRate: number;
  /** @defaultValue 1 */
  readonly channels?: number;
}

/**
 * Audio as a caller has it: the path or `file:` URL of an encoded file, its bytes, a Node or web stream of its bytes,
 * or raw samples. wav, mp3, flac and ogg are decoded natively, anything else by the `ffmpeg` on the PATH.
 */
export type AudioInput = string | URL | Uint8Array | NodeJS.ReadableStream | ReadableStream<Uint8Array> | PcmInput;

/** An input in the form that the listener thread takes. */
export interface PreparedInput {
  readonly source: AudioSource;
  /** Removes what was spooled to disk. */
  release(): Promise<void>;
}

/**
 * Brings any input into a form that can cross threads: bytes and samples into shared memory, streams onto disk.
 * @throws EngineError `AUDIO_MISSING`, `AUDIO_EMPTY`, `AUDIO_INVALID`, `AUDIO_BROKEN`, `OPTION_INVALID`
 */
export async function prepareInput(input: AudioInput, signal: AbortSignal): Promise<PreparedInput> {
  if (typeof input === 'string') return ready({ kind: 'file', path: input });
  if (input instanceof URL) return ready({ kind: 'file', path: pathOf(input) });
  if (input instanceof Uint8Array) {
    if (input.length === 0)
      throw new EngineError('AUDIO_EMPTY', 'There are no bytes. Give the content of an audio file.');
    const bytes = new Uint8Array(new SharedArrayBuffer(input.length));
    bytes.set(input);
    return ready({ kind: 'bytes', bytes });
  }
  if (!isObject(input)) throw notAudio();
  if (isPcm(input)) return ready({ kind: 'pcm', ...checkedPcm(input) });
  if (isNodeStream(input)) {
    const copy = Readable.from(input as AsyncIterable<Uint8Array>, { objectMode: false });
    // The copy begins to listen when it is first read. An error before that would be nobody's and end the process.
    input.on('error', ignore);
    return spool(copy, signal).finally(() => input.removeListener('error', ignore));
  }
  if (isWebStream(input)) return spool(Readable.fromWeb(input), signal);
  throw notAudio();
}

function notAudio(): EngineError {
  return new EngineError(
    'OPTION_INVALID',
    'The input is not audio. Give a path, a file: URL, the bytes of a file, a stream of them, or ' +
      '{ samples: Float32Array | Int16Array, sampleRate }.',
  );
}

function ready(source: AudioSource): PreparedInput {
  return { source, release: () => Promise.resolve() };
}

function pathOf(url: URL): string {
  if (url.protocol !== 'file:') {
    throw new EngineError(
      'OPTION_INVALID',
      `${url.protocol} addresses are not fetched. Download the file and give its path or a stream.`,
    );
  }
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new EngineError('OPTION_INVALID', `${url.href} names no file of this machine. Give its path.`, { cause });
  }
}

function isObject(input: unknown): input is object {
  return typeof input === 'object' && input !== null;
}

function isPcm(input: object): input is PcmInput {
  return 'samples' in input;
}

function isNodeStream(input: object): input is NodeJS.ReadableStream {
  return 'pipe' in input && Symbol.asyncIterator in input;
}

function isWebStream(input: object): input is ReadableStream<Uint8Array> {
  return 'getReader' in input;
}

function checkedPcm({ samples, sampleRate, channels = 1 }: PcmInput) {
  const isFloat = samples instanceof Float32Array;
  if (!isFloat && !((samples as unknown) instanceof Int16Array)) {
    throw new EngineError('OPTION_INVALID', '`samples` must be a Float32Array or an Int16Array.');
  }
  if (!(Number.isInteger(sampleRate) && sampleRate >= 1 && sampleRate <= 384_000)) {
    throw new EngineError(
      'AUDIO_INVALID',
      `A sample rate of ${String(sampleRate)} is impossible. Give samples per second, 1 … 384,000.`,
    );
  }
  if (!(Number.isInteger(channels) && channels >= 1 && channels <= 64)) {
    throw new EngineError(
      'AUDIO_INVALID',
      `${String(channels)} channels are impossible. Give a whole number from 1 to 64.`,
    );
  }
  if (samples.length === 0)
    throw new EngineError('AUDIO_EMPTY', 'There are no samples. Give audio of any length above zero.');
  const shared = isFloat
    ? new Float32Array(new SharedArrayBuffer(samples.byteLength))
    : new Int16Array(new SharedArrayBuffer(samples.byteLength));
  shared.set(samples);
  return { samples: shared, sampleRate, channels };
}

function ignore(): void {
  // Whoever reads the stream meets its error.
}

/** A stream of unknown length goes to disk, not into memory: decoders need to seek, and uploads can be large. */
async function spool(stream: Readable, signal: AbortSignal): Promise<PreparedInput> {
  stream.on('error', ignore);
  const folder = await mkdtemp(join(tmpdir(), 'whisperpool-'));
  const release = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, 'input');
  try {
    await pipeline(stream, createWriteStream(path), { signal });
  } catch (cause) {
    await release();
    if (signal.aborted) throw signal.reason;
    throw new EngineError('AUDIO_BROKEN', 'The stream of audio ended with an error.', { cause });
  }
  return { source: { kind: 'file', path }, release };
}
