import { EngineError } from '../errors.js';
import { completeFormat, type LiveFormat, trackCount } from '../provider/stream-format.js';
import type { AudioBlock, AudioSource, HeardBlock, ListenerResult, ListenerTask } from '../workers/protocol.js';
import { WorkerPool } from './worker-pool.js';

export type { HeardBlock } from '../workers/protocol.js';

/** Inputs one listener thread serves side by side; it waits for disks and for ffmpeg. */
const mostInputs = 1024;

/** An input that is being read. */
export interface AudioStream {
  /**
   * The next block, read into shared memory of the caller's, with its speech probabilities.
   * @throws EngineError `AUDIO_BROKEN`, `AUDIO_INVALID`, `WORKER_DIED`
   */
  read(into: Float32Array): Promise<AudioBlock>;
  close(): Promise<void>;
}

export interface HearOptions {
  /** These are the last bytes: what is still held comes out, too. @defaultValue false */
  readonly isLast?: boolean;
  /** The format from these bytes on, with the same number of tracks. */
  readonly format?: LiveFormat | undefined;
}

/** A live source that is being listened to. */
export interface LiveAudio {
  /** 1, or the channels when they are split. */
  readonly tracks: number;
  /** Samples per speech probability: 512. */
  readonly windowSamples: number;
  /**
   * Takes the next bytes, cut anywhere, and gives what became whole: one block a track. The bytes are copied before
   * this returns. Calls are answered in their order. n frames of one format become ceil(n · 16,000 / rate) samples a
   * track; an incomplete frame at the end, or before another format, is dropped. A call that is refused with
   * `AUDIO_INVALID` or `OPTION_INVALID` has changed nothing.
   * @throws EngineError `AUDIO_INVALID` when a float is no number, `OPTION_INVALID` when the format has another number of
   * tracks, `SOURCE_ENDED` after the last bytes or `close`, `WORKER_DIED`
   */
  hear(bytes: Uint8Array, options?: HearOptions): Promise<readonly HeardBlock[]>;
  /** Gives everything back when the calls under way are answered. Idempotent. */
  close(): Promise<void>;
}

/** The thread that decodes audio, resamples it and listens for speech, so that the main thread never does. */
export class Listener {
  readonly #vadPath: string;
  readonly #workers: WorkerPool<ListenerTask, ListenerResult>;
  #lastId = 0;

  /** @param onDeath - called when the thread has died */
  constructor(vadPath: string, onDeath?: () => void) {
    this.#vadPath = vadPath;
    const worker = new URL('../workers/listener.js', import.meta.url);
    this.#workers = new WorkerPool({ worker, threads: 1, tasksPerThread: mostInputs, onDeath });
  }

  /** The thread, for tests and diagnostics; in a list as it may be between two lives. */
  get threads() {
    return this.#workers.threads;
  }

  /** @throws EngineError `AUDIO_MISSING`, `AUDIO_EMPTY`, `AUDIO_UNSUPPORTED`, `AUDIO_BROKEN`, `WORKER_DIED` */
  async open(source: AudioSource): Promise<AudioStream> {
    this.#lastId += 1;
    const id = this.#lastId;
    await this.#workers.run({ kind: 'open', id, source, vadPath: this.#vadPath });
    return {
      read: async (into) => (await this.#workers.run({ kind: 'read', id, into })).block,
      close: async () => {
        await this.#workers.run({ kind: 'close', id });
      },
    };
  }

  /**
   * Listens to raw audio as it comes in.
   * @param format - one that `checkedFormat` let pass
   * @throws EngineError `MODEL_MISSING`, `MODEL_CORRUPT` of the VAD, `WORKER_DIED`
   */
  async openLive(format: LiveFormat): Promise<LiveAudio> {
    this.#lastId += 1;
    const id = this.#lastId;
    const opening = { kind: 'open-live', id, format: completeFormat(format), vadPath: this.#vadPath } as const;
    const { windowSamples } = await this.#workers.run(opening);
    let closed: Promise<unknown> | undefined;
    return {
      tracks: trackCount(format),
      windowSamples,
      hear: async (bytes, options = {}) => {
        if (closed) throw new EngineError('SOURCE_ENDED', 'Nobody listens to this source any more.');
        const copy = new Uint8Array(bytes);
        const format = options.format && completeFormat(options.format);
        const task = { kind: 'hear', id, bytes: copy, isLast: options.isLast ?? false, format } as const;
        return (await this.#workers.run(task, [copy.buffer])).blocks;
      },
      close: async () => {
        // A thread that has ended has given everything back already.
        closed ??= this.#workers.run({ kind: 'close', id }).catch(ignoreEnd);
        await closed;
      },
    };
  }

  close(): Promise<void> {
    return this.#workers.close();
  }
}

function ignoreEnd(error: unknown): void {
  const isEnd = error instanceof EngineError && (error.code === 'WORKER_DIED' || error.code === 'ENGINE_CLOSED');
  if (!isEnd) throw error;
}
