import { EngineError } from '../errors.js';
import { sampleRate } from '../provider/audio-format.js';
import type { LedgerReading } from '../telemetry/snapshot.js';
import type { Stretch } from './piece.js';
import { StretchSet } from './stretch-set.js';

/** What in the end became of a sample: it is in a final, nobody spoke, or a gap was reported. */
export type Settlement = 'transcribed' | 'silent' | 'gap';

export type { LedgerReading } from '../telemetry/snapshot.js';

/** A source's books, and what it has accepted beyond them. */
export interface SourceLedger extends LedgerReading {
  /** Accepted and not heard yet; no part of `heardSeconds`. */
  readonly unheardSeconds: number;
  /** Everything before this, on the source's own clock, is told or was silent: a client need not keep it any more. */
  readonly settledSeconds: number;
}

/**
 * The books of one track, in samples at 16 kHz on its own timeline. A sample that was heard is queued until it is
 * settled, which happens once, in whatever order; between the two it may go to disk and come back.
 * Whatever does not add up is a defect of the engine: it throws, and nothing is booked.
 */
export class Ledger {
  #heardSamples = 0;
  readonly #settledSamples: Record<Settlement, number> = { transcribed: 0, silent: 0, gap: 0 };
  readonly #queued = new StretchSet();
  readonly #spooled = new StretchSet();

  /** The timeline goes from 0 to here. */
  get heardSamples(): number {
    return this.#heardSamples;
  }

  get silentSamples(): number {
    return this.#settledSamples.silent;
  }

  /** Everything before this sample is settled. */
  get settledSamples(): number {
    const [queued] = this.#queued.stretches;
    const [spooled] = this.#spooled.stretches;
    return Math.min(queued?.startSample ?? this.#heardSamples, spooled?.startSample ?? this.#heardSamples);
  }

  get queuedSamples(): number {
    return this.#queued.samples;
  }

  /** What is neither settled nor on disk, in order; what is left of it when a track ends has yet to be settled. */
  get queued(): readonly Stretch[] {
    return this.#queued.stretches;
  }

  /** What is on disk, in order. */
  get spooled(): readonly Stretch[] {
    return this.#spooled.stretches;
  }

  /** @throws EngineError `INTERNAL` */
  hear(samples: number): void {
    const stretch = { startSample: this.#heardSamples, endSample: this.#heardSamples + samples };
    if (!(Number.isSafeInteger(stretch.endSample) && samples >= 0))
      throw unsound('hear', stretch, 'is no number of them');
    this.#queued.add(stretch);
    this.#heardSamples = stretch.endSample;
  }

  /**
   * Decides for good about what is queued. To settle what is on disk, `unspool` it first.
   * @throws EngineError `INTERNAL` for what was never heard, is on disk, or is settled already
   */
  settle(startSample: number, endSample: number, as: Settlement): void {
    this.#queued.delete(this.#found(this.#queued, { startSample, endSample }, `settle as ${as}`));
    this.#settledSamples[as] += endSample - startSample;
  }

  /** What is queued goes to disk. @throws EngineError `INTERNAL` when it is not queued */
  spool(startSample: number, endSample: number): void {
    const stretch = this.#found(this.#queued, { startSample, endSample }, 'spool');
    this.#queued.delete(stretch);
    this.#spooled.add(stretch);
  }

  /** What is on disk is queued again, whether it came back or was lost there. @throws EngineError `INTERNAL` when it is not on disk */
  unspool(startSample: number, endSample: number): void {
    const stretch = this.#found(this.#spooled, { startSample, endSample }, 'unspool');
    this.#spooled.delete(stretch);
    this.#queued.add(stretch);
  }

  read(): LedgerReading {
    const { transcribed, silent, gap } = this.#settledSamples;
    const queued = this.#queued.samples;
    const spooled = this.#spooled.samples;
    return {
      heardSeconds: this.#heardSamples / sampleRate,
      transcribedSeconds: transcribed / sampleRate,
      silentSeconds: silent / sampleRate,
      gapSeconds: gap / sampleRate,
      queuedSeconds: queued / sampleRate,
      spooledSeconds: spooled / sampleRate,
      imbalanceSamples: this.#heardSamples - (transcribed + silent + gap + queued + spooled),
    };
  }

  #found(among: StretchSet, stretch: Stretch, what: string): Stretch {
    const { startSample, endSample } = stretch;
    if (!(Number.isSafeInteger(startSample) && Number.isSafeInteger(endSample) && startSample <= endSample)) {
      throw unsound(what, stretch, 'do not form a stretch');
    }
    if (startSample < 0 || endSample > this.#heardSamples) {
      throw unsound(what, stretch, `are not all among the ${this.#heardSamples} that were heard`);
    }
    if (!among.has(stretch)) {
      throw unsound(what, stretch, among === this.#spooled ? 'are not all on disk' : 'are not all queued');
    }
    return stretch;
  }
}

/** The books of a source, from those of its tracks. */
export function sourceLedger(tracks: readonly { readonly ledger: Ledger }[], unheardSeconds: number): SourceLedger {
  const settledSeconds = Math.min(...tracks.map(({ ledger }) => ledger.settledSamples)) / sampleRate;
  return { ...sumOf(tracks.map(({ ledger }) => ledger.read())), unheardSeconds, settledSeconds };
}

/** The books of several tracks as one; zeros for none. */
export function sumOf(readings: readonly LedgerReading[]): LedgerReading {
  const [only, ...others] = readings;
  // The usual case, and asked of every source every second.
  if (only && others.length === 0) return only;
  // In whole samples: a sum of fractions would drift.
  const sum = (key: Exclude<keyof LedgerReading, 'imbalanceSamples'>) =>
    readings.reduce((samples, reading) => samples + Math.round(reading[key] * sampleRate), 0) / sampleRate;
  return {
    heardSeconds: sum('heardSeconds'),
    transcribedSeconds: sum('transcribedSeconds'),
    silentSeconds: sum('silentSeconds'),
    gapSeconds: sum('gapSeconds'),
    queuedSeconds: sum('queuedSeconds'),
    spooledSeconds: sum('spooledSeconds'),
    imbalanceSamples: readings.reduce((samples, reading) => samples + reading.imbalanceSamples, 0),
  };
}

function unsound(what: string, { startSample, endSample }: Stretch, why: string): EngineError {
  return new EngineError(
    'INTERNAL',
    `The ledger was to ${what} samples ${startSample} to ${endSample}, which ${why}. This is a defect of the engine; please report it.`,
  );
}
