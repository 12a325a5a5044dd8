import { fileURLToPath } from 'node:url';
import type { CalibrationCandidate } from '../capability/calibration/candidates.js';
import type { Measurement } from '../capability/calibration/measurement.js';
import { type Course, clipSeconds, nextTrial, type Trial } from '../capability/calibration/trials.js';
import type { Clock } from '../clock.js';
import { describe, EngineError } from '../errors.js';
import type { ResolvedModel } from '../model/resolve.js';
import { type Decode, SlotPool } from '../pool/slot-pool.js';
import { sampleRate } from '../provider/audio-format.js';
import { openEncoded } from '../provider/audio-reader.js';
import { sizedEncoderContext } from '../provider/encoder-context.js';
import { plainChunk } from '../provider/plain-chunk.js';
import type { Chunk, ModelUse } from '../provider/recognition.js';

/** Eleven seconds of English. */
const clipPath = fileURLToPath(new URL('../../assets/eleven-seconds.flac', import.meta.url));
const defaultBudgetSeconds = 5;

/** As much of `SlotPool` as calibrating needs. */
export type CalibrationSlots = Pick<SlotPool, 'load' | 'decode' | 'close'>;

export interface CalibrateOptions {
  /** As `calibrationCandidates` gives them: the plan's own first. */
  readonly candidates: readonly CalibrationCandidate[];
  /** The plan's model, in every variant among the candidates. */
  readonly models: readonly Pick<ResolvedModel, 'variant' | 'path' | 'fileKey' | 'alignment'>[];
  readonly clock: Clock;
  /** 16 kHz mono over shared memory, at least 8 s of English. @defaultValue the clip of this package */
  readonly clip?: Float32Array | undefined;
  /** No trial runs on after this. @defaultValue 5 */
  readonly budgetSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Slots of its own, so that a candidate is measured as it would serve. @defaultValue a `SlotPool` */
  readonly openSlots?: ((slots: number) => CalibrationSlots) | undefined;
}

/**
 * Decodes the clip with one candidate after the other and over again, all slots of a candidate at once, until the trials
 * are done or the budget is spent. A candidate that cannot be used is reported as invalid.
 * @throws EngineError `ABORTED` by the signal
 */
export async function calibrate(options: CalibrateOptions): Promise<readonly Measurement[]> {
  const calibrator = new Calibrator(options, options.clip ?? (await readClip()));
  try {
    return await calibrator.run();
  } finally {
    await calibrator.close();
  }
}

/** A candidate while it is tried. */
interface Runner extends Course {
  readonly use: ModelUse;
  setupSeconds: number | undefined;
  trials: readonly Trial[];
  /** Frames that its slots have memory for. */
  encoderContext: number;
  failure: string | undefined;
}

class Calibrator {
  readonly #options: CalibrateOptions;
  readonly #clip: Float32Array;
  readonly #endSeconds: number;
  readonly #runners: readonly Runner[];
  readonly #pools = new Map<number, CalibrationSlots>();
  readonly #underWay = new Set<Decode>();

  constructor(options: CalibrateOptions, clip: Float32Array) {
    this.#options = options;
    this.#clip = clip;
    this.#endSeconds = options.clock.nowSeconds() + (options.budgetSeconds ?? defaultBudgetSeconds);
    this.#runners = options.candidates.map((candidate) => ({
      candidate,
      use: useOf(candidate, options),
      setupSeconds: undefined,
      trials: [],
      encoderContext: sizedEncoderContext(0),
      failure: undefined,
    }));
  }

  async run(): Promise<readonly Measurement[]> {
    const { clock, signal } = this.#options;
    const stop = () => {
      for (const decode of this.#underWay) decode.stop();
    };
    signal?.addEventListener('abort', stop);
    try {
      // Without the plan's own there is nothing to compare with.
      while (this.#runners[0]?.failure === undefined) {
        const inIt = this.#runners.filter(({ failure }) => failure === undefined);
        const next = nextTrial(inIt, this.#endSeconds - clock.nowSeconds());
        if (!next || signal?.aborted) break;
        await this.#try(next.course, next.audioSeconds);
      }
      if (signal?.aborted) throw new EngineError('ABORTED', 'Calibrating was aborted.', { cause: signal.reason });
      return this.#runners.map(measurementOf);
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
  }

  async #try(runner: Runner, audioSeconds: number): Promise<void> {
    const { clock, signal } = this.#options;
    try {
      const pool = this.#poolOf(runner.candidate.slots);
      if (runner.setupSeconds === undefined) {
        const startSeconds = clock.nowSeconds();
        await pool.load(runner.use);
        runner.setupSeconds = clock.nowSeconds() - startSeconds;
        return;
      }
      const startSeconds = clock.nowSeconds();
      const encoderContext = await this.#decodeOnAll(runner, pool, audioSeconds);
      const wallSeconds = clock.nowSeconds() - startSeconds;
      runner.trials = [
        ...runner.trials,
        { audioSeconds, wallSeconds, warmsUp: encoderContext > runner.encoderContext },
      ];
      runner.encoderContext = Math.max(runner.encoderContext, encoderContext);
    } catch (error) {
      const isOver = error instanceof EngineError && error.code === 'DEADLINE_EXCEEDED';
      if (!isOver && !signal?.aborted) runner.failure = describe(error);
    }
  }

  /** @returns the frames of the largest encoder context of all slots */
  async #decodeOnAll({ candidate, use }: Runner, pool: CalibrationSlots, audioSeconds: number): Promise<number> {
    const chunk = this.#chunk(candidate, audioSeconds);
    const decodes = Array.from({ length: candidate.slots }, () => pool.decode(use, chunk));
    for (const decode of decodes) this.#underWay.add(decode);
    try {
      const ends = await Promise.allSettled(decodes.map(({ outcome }) => outcome));
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed) throw failed.reason;
      const recognitions = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value.recognition] : []));
      if (recognitions.some(({ segments }) => segments.every(({ text }) => text.trim() === ''))) {
        throw new EngineError('DECODE_FAILED', 'Speech gave no text.');
      }
      return Math.max(...recognitions.map(({ encoderContext }) => encoderContext));
    } finally {
      this.#underWay.clear();
    }
  }

  #chunk({ encoderContext }: CalibrationCandidate, audioSeconds: number): Chunk {
    const pcm = this.#clip.subarray(0, audioSeconds * sampleRate);
    return plainChunk(pcm, { speechEndSeconds: audioSeconds, encoderContext, deadlineAtSeconds: this.#endSeconds });
  }

  #poolOf(slots: number): CalibrationSlots {
    const pool = this.#pools.get(slots) ?? (this.#options.openSlots ?? openSlots)(slots);
    this.#pools.set(slots, pool);
    return pool;
  }
}

function openSlots(slots: number): CalibrationSlots {
  return new SlotPool(slots);
}

function useOf({ variant, flashAttention, gpu, threadsPerSlot }: CalibrationCandidate, { models }: CalibrateOptions) {
  const model = models.find((candidate) => candidate.variant === variant);
  if (!model) throw new EngineError('INTERNAL', `Calibrating was to use ${variant}, of which it was given no file.`);
  const { path, fileKey, alignment } = model;
  return { path, fileKey, alignment, flashAttention, gpu, threads: threadsPerSlot } satisfies ModelUse;
}

function measurementOf({ candidate, trials, failure }: Runner): Measurement {
  if (failure !== undefined) return { kind: 'invalid', candidate, reason: failure };
  return trials.length > 0 ? { kind: 'measured', candidate, trials } : { kind: 'unmeasured', candidate };
}

async function readClip(): Promise<Float32Array> {
  const clip = new Float32Array(new SharedArrayBuffer(clipSeconds * sampleRate * Float32Array.BYTES_PER_ELEMENT));
  const reader = openEncoded(clipPath);
  try {
    for (let length = 0; length < clip.length; ) {
      const read = await reader.read(clip.subarray(length));
      if (read === 0) throw new EngineError('AUDIO_BROKEN', `The clip for calibrating ends too early: ${clipPath}.`);
      length += read;
    }
    return clip;
  } finally {
    reader.close();
  }
}
