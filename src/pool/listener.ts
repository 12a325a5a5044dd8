import type { AudioBlock, AudioSource, ListenerResult, ListenerTask } from '../workers/protocol.js';
import { WorkerPool } from './worker-pool.js';

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

/** The thread that decodes audio, resamples it and listens for speech, so that the main thread never does. */
export class Listener {
  readonly #vadPath: string;
  readonly #workers: WorkerPool<ListenerTask, ListenerResult>;
  #lastId = 0;

  constructor(vadPath: string) {
    this.#vadPath = vadPath;
    const worker = new URL('../workers/listener.js', import.meta.url);
    this.#workers = new WorkerPool({ worker, threads: 1, tasksPerThread: mostInputs });
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

  close(): Promise<void> {
    return this.#workers.close();
  }
}
