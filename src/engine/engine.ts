import { type AudioInput, prepareInput } from './audio/input.js';
import { type CoreBudget, coreBudget, usableCores } from './capability/budget.js';
import { type Clock, systemClock } from './clock.js';
import { EngineError } from './errors.js';
import { languageFor } from './model/language.js';
import { type ResolvedModel, resolveModel, resolveVad } from './model/resolve.js';
import { Listener } from './pool/listener.js';
import { PcmBuffers } from './pool/pcm-buffers.js';
import { SlotPool } from './pool/slot-pool.js';
import { loadAddon } from './provider/addon.js';
import type { ModelUse } from './provider/recognition.js';
import { Scheduler } from './scheduler/scheduler.js';
import { Cancellation } from './session/cancellation.js';
import { type DecodingOptions, decodingOf } from './session/decoding-options.js';
import { oneOf } from './session/one-of.js';
import { type Progress, Transcription } from './session/transcription.js';
import type { Segment, Transcript, Used } from './transcript/transcript.js';

/** How an engine is made. Everything has a default that suits the machine. */
export interface EngineOptions {
  /** A model name (`tiny.en`, `base`) or the path of a ggml file. @defaultValue 'base' */
  readonly model?: string | undefined;
  /** Folders to look for models in. @defaultValue `WHISPERPOOL_MODELS`, ./models, and the package's own */
  readonly modelFolders?: readonly string[] | undefined;
  /** The language of everything this engine hears: a code, an English name, or `auto`. @defaultValue 'auto' */
  readonly language?: string | undefined;
  /** Decodes at a time; each has a thread and warmed memory of its own. @defaultValue one a usable core, at most 8 */
  readonly slots?: number | undefined;
  /** Cores that one decode uses. @defaultValue usable cores over slots */
  readonly threadsPerSlot?: number | undefined;
  /** `sized` to each piece of audio, or Whisper's `full` 30 s for comparison. @defaultValue 'sized' */
  readonly encoderContext?: 'sized' | 'full' | undefined;
  /** Flash attention. It rules out word times by DTW; they are estimated from token probabilities instead. @defaultValue false */
  readonly flashAttention?: boolean | undefined;
  /** Use a GPU that the addon was built for. @defaultValue true on macOS, false elsewhere */
  readonly gpu?: boolean | undefined;
}

/** How one input is transcribed. */
export interface TranscribeOptions extends DecodingOptions {
  /** A code, an English name, or `auto`. @defaultValue the engine's */
  readonly language?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Seconds from the call until it gives up. @defaultValue none */
  readonly deadlineSeconds?: number | undefined;
  /** Called with each segment when it is final, in order. */
  readonly onSegment?: ((segment: Segment) => void) | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

interface Parts {
  readonly model: ResolvedModel;
  readonly use: ModelUse;
  readonly budget: CoreBudget;
  readonly pool: SlotPool;
  readonly listener: Listener;
  readonly clock: Clock;
  readonly options: EngineOptions;
}

/**
 * Starts an engine: checks the model file, loads its weights once, and warms a state on every slot.
 * @throws EngineError `MODEL_UNKNOWN`, `MODEL_MISSING`, `MODEL_TRUNCATED`, `MODEL_CORRUPT`, `MODEL_UNSUPPORTED`,
 * `MODEL_LOAD_FAILED`, `LANGUAGE_UNKNOWN`, `LANGUAGE_UNSUPPORTED`, `OPTION_INVALID`, `NATIVE_NOT_BUILT`
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const budget = coreBudget(usableCores(), options);
  oneOf('encoderContext', ['sized', 'full'], options.encoderContext);
  loadAddon();
  const [model, vad] = await Promise.all([
    resolveModel(options.model ?? 'base', { searchFolders: options.modelFolders }),
    resolveVad({ searchFolders: options.modelFolders }),
  ]);
  languageFor(model, options.language ?? 'auto');
  const use: ModelUse = {
    path: model.path,
    fileKey: model.fileKey,
    alignment: model.alignment,
    flashAttention: options.flashAttention ?? false,
    gpu: options.gpu ?? process.platform === 'darwin',
    threads: budget.threadsPerSlot,
  };
  const pool = new SlotPool(budget.slots);
  const listener = new Listener(vad.path);
  try {
    await pool.load(use);
  } catch (error) {
    await Promise.all([pool.close(), listener.close()]);
    throw error;
  }
  return new Engine({ model, use, budget, pool, listener, clock: systemClock, options });
}

/** A running engine. Make one with `createEngine`, share it, and close it when the service ends. */
export class Engine implements AsyncDisposable {
  readonly #parts: Parts;
  readonly #scheduler: Scheduler;
  readonly #buffers = new PcmBuffers();
  readonly #underWay = new Map<Cancellation, Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** @internal Use `createEngine`. */
  constructor(parts: Parts) {
    this.#parts = parts;
    const { pool, use, clock } = parts;
    this.#scheduler = new Scheduler({ slots: pool.slots, decode: (chunk) => pool.decode(use, chunk) }, clock);
  }

  /** What decodes here: provider, model, variant, slots, threads. */
  get used(): Used {
    const { model, budget, use } = this.#parts;
    return {
      provider: 'whisper-cpp',
      model: model.name,
      variant: model.variant,
      modelPath: model.path,
      slots: budget.slots,
      threadsPerSlot: budget.threadsPerSlot,
      flashAttention: use.flashAttention,
    };
  }

  /**
   * Transcribes one input. Many calls may run at once: they take turns on the slots, piece by piece.
   * @throws EngineError `AUDIO_MISSING`, `AUDIO_EMPTY`, `AUDIO_UNSUPPORTED`, `AUDIO_BROKEN`, `AUDIO_INVALID`,
   * `LANGUAGE_UNKNOWN`, `LANGUAGE_UNSUPPORTED`, `OPTION_INVALID`, `ABORTED`, `DEADLINE_EXCEEDED`, `DECODE_FAILED`,
   * `CHUNK_SET_ASIDE`, `WORKER_DIED`, `ENGINE_CLOSED`
   */
  async transcribe(input: AudioInput, options: TranscribeOptions = {}): Promise<Transcript> {
    if (this.#closing) throw closed();
    const cancellation = new Cancellation(this.#parts.clock, options);
    const work = this.#transcribe(input, options, cancellation);
    this.#underWay.set(cancellation, work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(cancellation);
      cancellation.release();
    }
  }

  /**
   * Ends the engine: accepts nothing more, finishes what runs — or stops it, with `force` — and frees everything.
   * Calling it again waits for the same end; `force` then still hurries it.
   */
  async close({ force = false }: { readonly force?: boolean } = {}): Promise<void> {
    if (force) for (const cancellation of this.#underWay.keys()) cancellation.cancel(closed());
    this.#closing ??= this.#close();
    await this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#underWay.values());
    await Promise.all([this.#parts.pool.close(), this.#parts.listener.close()]);
  }

  async #transcribe(input: AudioInput, options: TranscribeOptions, cancellation: Cancellation): Promise<Transcript> {
    const { clock, model, listener, budget, options: defaults } = this.#parts;
    const start = clock.nowSeconds();
    const chunk = {
      ...decodingOf(options),
      language: languageFor(model, options.language ?? defaults.language ?? 'auto'),
      encoderContext: defaults.encoderContext ?? 'sized',
      deadlineAtSeconds: cancellation.deadlineAtSeconds,
    };
    const prepared = await prepareInput(input, cancellation.signal);
    const lane = this.#scheduler.openLane();
    cancellation.onCancel((reason) => lane.stop(reason));
    try {
      const opened = listener.open(prepared.source);
      const stream = await cancellation.race(opened).catch((error: unknown) => {
        opened.then((late) => late.close()).catch(() => undefined);
        throw error;
      });
      const piecesAhead = 2 * budget.slots;
      const { onSegment, onProgress } = options;
      const transcription = new Transcription(stream, lane, {
        chunk,
        buffers: this.#buffers,
        piecesAhead,
        onSegment,
        onProgress,
      });
      try {
        await cancellation.race(transcription.run());
      } finally {
        lane.stop(new EngineError('ABORTED', 'This transcription has ended.'));
        await lane.idle();
        transcription.release();
        void stream.close().catch(() => undefined);
      }
      return transcription.transcript(this.used, clock.nowSeconds() - start);
    } finally {
      await prepared.release();
    }
  }
}

function closed(): EngineError {
  return new EngineError('ENGINE_CLOSED', 'The engine is closed. Create a new one with createEngine().');
}
