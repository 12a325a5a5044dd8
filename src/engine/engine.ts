import type { AudioInput } from '../audio/input.js';
import type { Plan } from '../capability/plan.js';
import type { Ladder } from '../degrade/ladder.js';
import type { Recording } from '../degrade/recording.js';
import type { RecordOptions } from '../degrade/recordings.js';
import { EngineError } from '../errors.js';
import type { LoadResult } from '../model/load-state.js';
import { loadingOptions } from '../model/loading-options.js';
import { PcmBuffers } from '../pool/pcm-buffers.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import type { Session } from '../session/session.js';
import { Announcer } from '../telemetry/announcer.js';
import { type EngineMetrics, engineMetrics } from '../telemetry/prometheus.js';
import type { EngineSnapshot } from '../telemetry/snapshot.js';
import type { Transcript, Used } from '../transcript/transcript.js';
import type { Calibration } from './calibrated-plan.js';
import type { EngineEventMap } from './engine-events.js';
import { engineLadder } from './engine-ladder.js';
import { EngineModel } from './engine-model.js';
import { FileTranscriber } from './file-transcriber.js';
import { deepHealth, type Health, type HealthOptions, healthOf } from './health.js';
import { LiveSessions, livePlan } from './live-sessions.js';
import type { EngineOptions, SessionOptions, SwitchOptions, TranscribeOptions } from './options.js';
import { type EngineParts, prepareParts } from './parts.js';
import { calibratePlan, planEngine } from './planning.js';
import { EngineProviders } from './providers.js';
import { scheduling } from './scheduling.js';
import { usedBy } from './used.js';

/**
 * Starts an engine: finds the model or fetches it, checks it, loads its weights once, and warms a state on every slot.
 * With a background load or `start: 'lazy'` it returns before that; `engine.model` says how far it is.
 * @throws EngineError `MODEL_UNKNOWN`, `MODEL_MISSING`, `MODEL_VARIANT_MISSING`, `MODEL_TRUNCATED`, `MODEL_CORRUPT`,
 * `MODEL_UNSUPPORTED`, `MODEL_DOWNLOAD_FAILED`, `MODEL_STORE_UNWRITABLE`, `DISK_FULL`, `MODEL_LOAD_FAILED`,
 * `MODEL_LOAD_TIMED_OUT`, `PLAN_IMPOSSIBLE`, `LANGUAGE_UNKNOWN`, `LANGUAGE_UNSUPPORTED`, `OPTION_INVALID`, `NATIVE_NOT_BUILT`,
 * `PROVIDER_UNAVAILABLE` when the process to decode in cannot be started
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const engine = new Engine(await prepareParts(options));
  if (options.start === 'lazy') return engine;
  engine.model.load();
  if (loadingOptions(options.loading).background) return engine;
  try {
    await engine.model.ready();
    return engine;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** A running engine. Make one with `createEngine`, share it, and close it when the service ends. */
export class Engine implements AsyncDisposable {
  /** The model: how far its load has come, and what was loaded in the end. */
  readonly model: EngineModel;
  /** For Prometheus, by prom-client: `engine.metrics.register()`. */
  readonly metrics: EngineMetrics;
  /** What keeps live audio live: where it stands, why, and a way to hold it there. */
  readonly ladder: Ladder;
  readonly #parts: EngineParts;
  readonly #scheduler: Scheduler;
  readonly #live: LiveSessions;
  readonly #files: FileTranscriber;
  readonly #providers: EngineProviders;
  readonly #events = new Announcer<EngineEventMap>();
  #closing: Promise<void> | undefined;

  /** @internal Use `createEngine`. */
  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.model = new EngineModel(parts.models);
    const plan = livePlan(parts.plan);
    const buffers = new PcmBuffers();
    this.ladder = engineLadder(parts, {
      plan,
      sessions: () => this.#live.sessions,
      events: this.#events,
    });
    this.#providers = new EngineProviders({
      parts,
      onChange: (change) => this.#events.emit('provider', change),
      onComparison: (comparison) => this.#events.emit('comparison', comparison),
    });
    this.#scheduler = scheduling(parts, {
      decode: (chunk) => this.#providers.decode(chunk),
      onLive: (work, decoded) => this.ladder.decoded(work, decoded),
    });
    this.#files = new FileTranscriber({ parts, scheduler: this.#scheduler, buffers, used: () => this.used });
    this.#live = new LiveSessions({ parts, scheduler: this.#scheduler, buffers, plan, ladder: this.ladder });
    this.metrics = engineMetrics(() => this.snapshot());
  }

  /**
   * What decodes here: provider, model, variant, slots, threads.
   * @throws EngineError `MODEL_NOT_READY`
   */
  get used(): Used {
    return usedBy(this.#parts);
  }

  /**
   * Serves with another model: loads and warms it beside the present one, then lets it decode from the next chunk on.
   * Nothing is dropped; the old weights are freed when their last decode ends. When it fails, the present one serves on.
   * @throws EngineError as `createEngine`, `ABORTED` by the signal, `ENGINE_CLOSED`
   */
  async switchModel(model: string, options: SwitchOptions = {}): Promise<LoadResult> {
    if (this.#closing) throw closed();
    const result = await this.#parts.models.switchTo(model, options);
    this.ladder.modelChosen();
    return result;
  }

  /**
   * Calls `listener` with every step of the ladder that is in force (`plan`), when a policy had to be put aside (`error`),
   * when another provider takes over (`provider`), and with what a shadow made of a chunk (`comparison`). What a step
   * means for a session is that session's own `plan` event.
   */
  on<Kind extends keyof EngineEventMap>(kind: Kind, listener: (event: EngineEventMap[Kind]) => void): this {
    this.#events.on(kind, listener);
    return this;
  }

  off<Kind extends keyof EngineEventMap>(kind: Kind, listener: (event: EngineEventMap[Kind]) => void): this {
    this.#events.off(kind, listener);
    return this;
  }

  /**
   * Writes down the load, what the machine can do, and what the ladder decides, until `stop()` gives it as JSON lines: for
   * `whisperpool simulate`, `readTrace` and `replay`. No audio, no texts and no names are in it.
   * @throws EngineError `OPTION_INVALID`, also when the ladder is off
   */
  record(options?: RecordOptions): Recording {
    return this.ladder.recordings.start(options);
  }

  /** What this engine goes by, with the reason for each setting and what is expected of it. */
  get plan(): Plan {
    return this.#parts.plan;
  }

  /**
   * Measures again what suits this machine best, for about 5 s, and remembers it. This engine goes on as it is; engines
   * that are made from now on go by it. Work that runs meanwhile disturbs the measurement.
   * @throws EngineError `ABORTED` by the signal, `ENGINE_CLOSED`
   */
  async recalibrate({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Calibration> {
    if (this.#closing) throw closed();
    return await calibratePlan(await planEngine(this.#parts.question), { again: true, signal });
  }

  /**
   * Whether this engine can work, at a glance; with `deep`, a ready one decodes half a second of speech to prove it.
   * Never throws.
   */
  async health({ deep = false, signal }: HealthOptions = {}): Promise<Health> {
    const health = healthOf(this.model.state, this.#closing !== undefined);
    if (!deep || health.status !== 'ready') return health;
    return { ...health, deep: await deepHealth((clip) => this.transcribe(clip, { language: 'en', signal })) };
  }

  /**
   * Transcribes one input. Many calls may run at once: they take turns on the slots, piece by piece.
   * @throws EngineError `MODEL_NOT_READY`, `AUDIO_MISSING`, `AUDIO_EMPTY`, `AUDIO_UNSUPPORTED`, `AUDIO_BROKEN`, `AUDIO_INVALID`,
   * `LANGUAGE_UNKNOWN`, `LANGUAGE_UNSUPPORTED`, `OPTION_INVALID`, `ABORTED`, `DEADLINE_EXCEEDED`, `DECODE_FAILED`,
   * `CHUNK_SET_ASIDE`, `WORKER_DIED`, `ENGINE_CLOSED`
   */
  async transcribe(input: AudioInput, options: TranscribeOptions = {}): Promise<Transcript> {
    if (this.#closing) throw closed();
    return await this.#files.transcribe(input, options);
  }

  /**
   * Opens a live session, as soon as there is a model: sources are added to it, events come out of it.
   * @throws EngineError `SESSION_LIMIT`, `MODEL_NOT_READY`, `LANGUAGE_UNKNOWN`, `LANGUAGE_UNSUPPORTED`, `OPTION_INVALID`,
   * `ABORTED`, `ENGINE_CLOSED`, what the model's load failed with
   */
  async openSession(options: SessionOptions = {}): Promise<Session> {
    if (this.#closing) throw closed();
    return await this.#live.open(options);
  }

  /**
   * The session that `session.detach()` gave this token for, within 60 s. What happened meanwhile is in
   * `session.events({ after })`.
   * @throws EngineError `SESSION_UNKNOWN`, `ENGINE_CLOSED`
   */
  resumeSession(token: string): Session {
    return this.#live.resume(token);
  }

  /** All of the engine in one look; cheap enough for ten times a second. */
  snapshot(): EngineSnapshot {
    return {
      atSeconds: this.#parts.clock.nowSeconds(),
      slots: { total: this.#scheduler.slots, busy: this.#scheduler.busy },
      sessions: this.#live.counts,
      sources: this.#live.sources,
      ladder: this.ladder.reading,
      providers: this.#providers.readings,
      telemetry: this.#parts.telemetry.read(),
      memory: { rssBytes: process.memoryUsage.rss() },
    };
  }

  /**
   * Ends the engine: accepts nothing more, finishes what runs — or stops it, with `force` — and frees everything.
   * Calling it again waits for the same end; `force` then still hurries it.
   */
  async close({ force = false }: { readonly force?: boolean } = {}): Promise<void> {
    if (force) {
      this.#files.abort(closed());
      this.#live.abort(closed());
    }
    this.#closing ??= this.#close();
    await this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { models, pool, listener } = this.#parts;
    this.ladder.close();
    await Promise.allSettled([this.#files.idle(), this.#live.close()]);
    this.metrics.close();
    this.#parts.telemetry.close();
    await this.#providers.close();
    await Promise.all([models.close(), pool.close(), listener.close()]);
  }
}

function closed(): EngineError {
  return new EngineError('ENGINE_CLOSED', 'The engine is closed. Create a new one with createEngine().');
}
