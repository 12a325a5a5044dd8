import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import type { Ended } from '../session/teller.js';
import type { Policy } from './policy.js';
import { Recording } from './recording.js';
import type { RecordedLook } from './recording-look.js';
import type { ServiceTimes } from './service-time.js';
import type { WatchedSource } from './source-watch.js';

export interface RecordOptions {
  /** After so long it ends by itself, and says so. @defaultValue 3600 */
  readonly limitSeconds?: number | undefined;
}

export interface RecordingsOptions {
  readonly clock: Clock;
  readonly slots: number;
  readonly policy: Policy;
}

/** The recordings that are made of an engine. */
export class Recordings {
  readonly #options: RecordingsOptions;
  readonly #serviceTimes: ServiceTimes;
  readonly #running = new Set<Recording>();

  constructor(options: RecordingsOptions, serviceTimes: ServiceTimes) {
    this.#options = options;
    this.#serviceTimes = serviceTimes;
  }

  /** @throws EngineError `OPTION_INVALID` */
  start({ limitSeconds = 3600 }: RecordOptions = {}): Recording {
    const { clock, slots, policy } = this.#options;
    if (policy.rungs.length < 2) {
      throw new EngineError('OPTION_INVALID', 'The ladder is off. Set `degrade`; with `degradeDryRun` it only looks.');
    }
    if (!(typeof limitSeconds === 'number' && limitSeconds > 0)) {
      throw new EngineError(
        'OPTION_INVALID',
        `\`limitSeconds\` is ${String(limitSeconds)}; it must be a number above 0.`,
      );
    }
    const recording: Recording = new Recording({
      clock,
      slots,
      policy: policy.name,
      serviceTimes: this.#serviceTimes,
      limitSeconds,
      onEnd: () => this.#running.delete(recording),
    });
    this.#running.add(recording);
    return recording;
  }

  /** The ladder has looked at the load. */
  looked(look: RecordedLook): void {
    for (const recording of this.#running) recording.looked(look);
  }

  /** An utterance of this source has ended. */
  heard(source: WatchedSource, channel: number | undefined, ended: Ended): void {
    for (const recording of this.#running) recording.heard(source, channel, ended);
  }
}
