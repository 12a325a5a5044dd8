import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '../errors.js';
import { sampleRate } from '../provider/audio-format.js';
import type { AudioReader } from '../provider/audio-reader.js';

const bytesPerSample = 4;
/**
 * Containers that hold their audio themselves. A playlist names other files, which whoever sent it could so read on this
 * machine.
 */
const formats =
  'aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dts,eac3,flac,flv,gsm,loas,matroska,mov,mp3,mpc,mpc8,mpeg,mpegts,mxf,nut,' +
  'ogg,rm,tta,voc,w64,wav,wv';
/** Of stderr, for the error message. */
const mostComplaintCharacters = 400;

/**
 * Reads what the built-in decoders do not know (m4a, opus, video) through the `ffmpeg` on the PATH.
 * @throws EngineError `AUDIO_UNSUPPORTED` when there is no ffmpeg, `AUDIO_BROKEN` when it gives up
 */
export async function openWithFfmpeg(source: string | Uint8Array): Promise<AudioReader> {
  // The index of an m4a may stand at its end, which a pipe cannot seek to.
  const folder = typeof source === 'string' ? undefined : await mkdtemp(join(tmpdir(), 'whisperpool-'));
  const path = folder === undefined ? (source as string) : join(folder, 'audio');
  if (folder !== undefined) await writeFile(path, source as Uint8Array);
  const cleanUp = () => (folder === undefined ? undefined : rm(folder, { recursive: true, force: true }));

  const output = ['-vn', '-ac', '1', '-ar', String(sampleRate), '-f', 'f32le', 'pipe:1'];
  // `file:` keeps ffmpeg from reading a path as one of its protocols.
  const input = ['-format_whitelist', formats, '-i', `file:${path}`];
  const child = spawn('ffmpeg', ['-nostdin', '-v', 'error', ...input, ...output], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-mostComplaintCharacters);
  });
  const exit = once(child, 'close').catch(() => [null]);
  const started = await once(child, 'spawn').catch((cause: unknown) => cause as NodeJS.ErrnoException);
  if (started instanceof Error) {
    await cleanUp();
    throw new EngineError(
      'AUDIO_UNSUPPORTED',
      'This audio is none of wav, mp3, flac and ogg, and the program ffmpeg, which could decode it, is not on the PATH. ' +
        'Install ffmpeg (for example `apt-get install ffmpeg`) or convert the file.',
      { cause: started },
    );
  }

  const chunks = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let pending = Buffer.alloc(0);
  let hasSamples = false;
  return {
    async read(into) {
      const wanted = into.byteLength;
      for (let next: IteratorResult<Buffer>; pending.length < wanted; ) {
        next = await chunks.next();
        if (next.done) break;
        pending = Buffer.concat([pending, next.value]);
      }
      const samples = wholeSamples(pending.subarray(0, wanted), into);
      pending = pending.subarray(samples * bytesPerSample);
      hasSamples ||= samples > 0;
      if (samples > 0) return samples;
      const [exitCode] = (await exit) as [number | null];
      if (exitCode !== 0 || !hasSamples) {
        throw new EngineError(
          'AUDIO_BROKEN',
          `ffmpeg could not decode this audio: ${complaint.trim() || 'it holds no sound'}`,
        );
      }
      return samples;
    },
    close() {
      child.kill('SIGKILL');
      child.stdout.destroy(); // what it still holds would keep the child from closing
      void exit.then(cleanUp);
    },
  };
}

/** Copies the whole samples in `bytes`, which a pipe cuts anywhere, and says how many there are. */
function wholeSamples(bytes: Buffer, into: Float32Array): number {
  const samples = Math.floor(bytes.length / bytesPerSample);
  new Uint8Array(into.buffer, into.byteOffset, samples * bytesPerSample).set(
    bytes.subarray(0, samples * bytesPerSample),
  );
  return samples;
}
