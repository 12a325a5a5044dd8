import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TranscribeOptions } from '../../engine/options.js';
import { EngineError } from '../../errors.js';
import type { Progress } from '../../session/transcription.js';
import type { Transcript } from '../../transcript/transcript.js';
import { bearerKey } from '../bearer-key.js';
import type { ServerParts } from '../server-parts.js';
import { requireServed, requireTranslating } from './served-model.js';
import { TextEvents } from './text-events.js';
import { transcriptBody, transcriptionRequest } from './transcription-request.js';
import type { Upload, UploadFolder } from './upload-folder.js';
import { type Fields, readUploadForm } from './upload-form.js';

type Task = NonNullable<TranscribeOptions['task']>;

/** Uploads on their way to text. */
export class Transcriptions {
  readonly #parts: ServerParts;
  readonly #folder: UploadFolder;
  readonly #underWay = new Map<AbortController, Promise<unknown>>();

  constructor(parts: ServerParts, folder: UploadFolder) {
    this.#parts = parts;
    this.#folder = folder;
  }

  /** Those that arrive, wait, or are transcribed. */
  get running(): number {
    return this.#underWay.size;
  }

  /** Answers one upload; resolves when the answer is sent. @throws EngineError */
  async answer(request: FastifyRequest, reply: FastifyReply, task: Task): Promise<void> {
    const { gate } = this.#parts;
    const leave = gate.admit(bearerKey(request.headers)).enter('transcription');
    const stop = new AbortController();
    reply.raw.once('close', () => stop.abort(new EngineError('ABORTED', 'The client has hung up.')));
    const work = this.#answer(request, reply, task, stop).then(() => reply);
    this.#underWay.set(stop, work);
    try {
      await work;
    } finally {
      this.#underWay.delete(stop);
      leave();
    }
  }

  /** Resolves when all that run have ended. */
  async drain(): Promise<void> {
    await Promise.allSettled(this.#underWay.values());
  }

  /** Stops all that are transcribed. Those that still arrive end with their connection. */
  abort(reason: EngineError): void {
    for (const stop of this.#underWay.keys()) stop.abort(reason);
  }

  /** Waits for all that run, and removes their folder. */
  async close(): Promise<void> {
    await this.drain();
    await this.#folder.close();
  }

  async #answer(request: FastifyRequest, reply: FastifyReply, task: Task, stop: AbortController): Promise<void> {
    const { engine, options } = this.#parts;
    const check = (fields: Fields) => {
      const asked = transcriptionRequest(fields);
      if (asked.model !== undefined) requireServed(engine, asked.model);
      if (task === 'translate') requireTranslating(engine);
      return asked;
    };
    const form = { folder: this.#folder, limitBytes: options.uploadLimitBytes, check };
    const { asked, upload } = await readUploadForm(request, form);
    const { language, prompt, words, responseFormat } = asked;
    const transcribe = (onSegment?: TranscribeOptions['onSegment']) =>
      this.#transcribe(upload, { task, language, prompt, words, onSegment }, stop);
    if (asked.stream) await tellEvents(reply, transcribe);
    else {
      const { contentType, body } = transcriptBody(await transcribe(), responseFormat);
      void reply.type(contentType).send(body);
    }
  }

  /** Of the upload nothing is left when this settles. */
  async #transcribe(upload: Upload, options: TranscribeOptions, stop: AbortController): Promise<Transcript> {
    const { audioLimitSeconds } = this.#parts.options;
    const onProgress = ({ doneSeconds, totalSeconds = 0 }: Progress) => {
      if (Math.max(doneSeconds, totalSeconds) > audioLimitSeconds) stop.abort(tooLong(audioLimitSeconds));
    };
    try {
      return await this.#parts.engine.transcribe(upload.path, { ...options, onProgress, signal: stop.signal });
    } catch (error) {
      throw stop.signal.aborted ? stop.signal.reason : withoutPath(error, upload.path);
    } finally {
      await upload.remove();
    }
  }
}

async function tellEvents(
  reply: FastifyReply,
  transcribe: (onSegment: TranscribeOptions['onSegment']) => Promise<Transcript>,
): Promise<void> {
  const events = new TextEvents(reply);
  try {
    events.done(await transcribe((segment) => events.segment(segment)));
  } catch (error) {
    if (!events.isBegun) throw error;
    events.fail(EngineError.from(error, 'INTERNAL', 'The server failed to answer.'));
  }
}

/** Where uploads lie is nobody's business; ffmpeg says it. */
function withoutPath(error: unknown, path: string): EngineError {
  const { code, message } = EngineError.from(error, 'INTERNAL', 'The transcription failed.');
  return new EngineError(code, message.replaceAll(path, 'the upload'), { cause: error });
}

function tooLong(limitSeconds: number): EngineError {
  return new EngineError(
    'UPLOAD_TOO_LARGE',
    `The audio is longer than ${limitSeconds} s, which is the limit here. Send it in parts.`,
  );
}
