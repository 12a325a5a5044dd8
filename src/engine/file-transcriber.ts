import { type AudioInput, prepareInput } from '../audio/input.js';
import { EngineError } from '../errors.js';
import type { PcmBuffers } from '../pool/pcm-buffers.js';
import type { Chunk } from '../provider/recognition.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import { Cancellation } from '../session/cancellation.js';
import { decodingOf } from '../session/decoding-options.js';
import { Transcription } from '../session/transcription.js';
import type { Transcript, Used } from '../transcript/transcript.js';
import type { AudioSource } from '../workers/protocol.js';
import type { TranscribeOptions } from './options.js';
import type { EngineParts } from './parts.js';

export interface FileTranscriberOptions {
  readonly parts: EngineParts;
  readonly scheduler: Scheduler;
  readonly buffers: PcmBuffers;
  /** What decodes at the end of a transcription. */
  readonly used: () => Used;
}

/** Transcribes whole inputs, many at a time. */
export class FileTranscriber {
  readonly #options: FileTranscriberOptions;
  readonly #underWay = new Map<Cancellation, Promise<unknown>>();

  constructor(options: FileTranscriberOptions) {
    this.#options = options;
  }

  /** See `Engine.transcribe`. */
  async transcribe(input: AudioInput, options: TranscribeOptions): Promise<Transcript> {
    const cancellation = new Cancellation(this.#options.parts.clock, options);
    const work = this.#transcribe(input, options, cancellation);
    this.#underWay.set(cancellation, work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(cancellation);
      cancellation.release();
    }
  }

  /** Stops what is under way. */
  abort(reason: EngineError): void {
    for (const cancellation of this.#underWay.keys()) cancellation.cancel(reason);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#underWay.values());
  }

  async #transcribe(input: AudioInput, options: TranscribeOptions, cancellation: Cancellation): Promise<Transcript> {
    const { clock, models, plan, options: defaults } = this.#options.parts;
    const start = clock.nowSeconds();
    const decoding = decodingOf(options);
    const { signal } = cancellation;
    // Before anything is waited for: samples are the caller's again as soon as the call has returned.
    const preparing = prepareInput(input, signal);
    preparing.catch(() => undefined);
    try {
      const held = await models
        .hold(options.language ?? defaults.language ?? 'auto', signal)
        .catch((error: unknown) => {
          throw signal.aborted ? signal.reason : error;
        });
      try {
        const transcription = await this.#run((await preparing).source, options, cancellation, {
          ...decoding,
          language: held.language,
          encoderContext: plan.encoderContext,
          deadlineAtSeconds: cancellation.deadlineAtSeconds,
        });
        return transcription.transcript(this.#options.used(), clock.nowSeconds() - start);
      } finally {
        held.release();
      }
    } finally {
      await preparing.then(
        (prepared) => prepared.release(),
        () => undefined,
      );
    }
  }

  async #run(
    source: AudioSource,
    { onSegment, onProgress }: TranscribeOptions,
    cancellation: Cancellation,
    chunk: Omit<Chunk, 'pcm' | 'speechEndSeconds'>,
  ): Promise<Transcription> {
    const { parts, scheduler, buffers } = this.#options;
    const lane = scheduler.openLane();
    cancellation.onCancel((reason) => lane.stop(reason));
    const opened = parts.listener.open(source);
    const stream = await cancellation.race(opened).catch((error: unknown) => {
      opened.then((late) => late.close()).catch(() => undefined);
      throw error;
    });
    const piecesAhead = 2 * parts.plan.slots;
    const options = { chunk, buffers, piecesAhead, onSegment, onProgress };
    const transcription = new Transcription(stream, lane, options);
    try {
      await cancellation.race(transcription.run());
      return transcription;
    } finally {
      lane.stop(new EngineError('ABORTED', 'This transcription has ended.'));
      await lane.idle();
      transcription.release();
      void stream.close().catch(() => undefined);
    }
  }
}
