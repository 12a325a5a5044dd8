import type { Clock } from '../clock.js';
import type { EngineError } from '../errors.js';
import type { Announcer } from '../telemetry/announcer.js';
import type { Logger } from '../telemetry/log.js';
import type { LadderEventMap } from './ladder-events.js';
import type { RungChange } from './policy.js';

/** What the ladder has decided: a step, a step that it would have taken, or why there was none. */
export interface LadderEntry extends RungChange {
  /** `step` was taken; `dry-run` would have been; `skipped` could not be, or failed; `fault` is a policy that was put aside. */
  readonly kind: 'step' | 'dry-run' | 'skipped' | 'fault';
  readonly evidence: Readonly<Record<string, number>>;
}

/** What belongs to every entry. */
type Step = Pick<LadderEntry, 'from' | 'to' | 'reason' | 'evidence'>;

export interface LadderJournalOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: Announcer<LadderEventMap>;
  readonly isDryRun: boolean;
}

const mostEntries = 1000;

/** Writes down what the ladder decides, and says it where somebody may hear it. */
export class LadderJournal {
  readonly #options: LadderJournalOptions;
  readonly #entries: LadderEntry[] = [];

  constructor(options: LadderJournalOptions) {
    this.#options = options;
  }

  /** The latest, oldest first. */
  get entries(): readonly LadderEntry[] {
    return [...this.#entries];
  }

  toJsonLines(): string {
    return this.#entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  }

  step(step: Step): LadderEntry {
    const { isDryRun, logger } = this.#options;
    logger.info({ ...step, isDryRun }, step.reason);
    return this.#add(isDryRun ? 'dry-run' : 'step', step);
  }

  /** A model cannot be had, and so rungs cannot be taken. */
  skipped(rungs: readonly string[], rung: number, error: EngineError): LadderEntry {
    const names = rungs.map((name) => `'${name}'`).join(', ');
    const reason =
      names === ''
        ? `The model that was asked for cannot be had again yet: ${error.message}`
        : `There is no lighter model for ${names}: ${error.message}`;
    this.#options.logger.warn({ code: error.code, rungs }, reason);
    return this.#add('skipped', { from: rung, to: rung, reason, evidence: {} });
  }

  /** Something is wrong with the policy, or with the ladder. */
  fault(rung: number, error: EngineError): void {
    const { logger, events } = this.#options;
    this.#add('fault', { from: rung, to: rung, reason: error.message, evidence: {} });
    logger.error({ code: error.code }, error.message);
    if (!events.emit('error', error)) process.emitWarning(error);
  }

  #add(kind: LadderEntry['kind'], { from, to, reason, evidence }: Step): LadderEntry {
    const entry = { atSeconds: this.#options.clock.nowSeconds(), kind, from, to, reason, evidence };
    this.#entries.push(entry);
    if (this.#entries.length > mostEntries) this.#entries.shift();
    return entry;
  }
}
