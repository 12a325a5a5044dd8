import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import type { Decode, SlotOutcome } from '../provider/decode.js';
import { type Health, healthAfter, isRestarting, type Sign, trialJobs, trusted } from '../provider/health.js';
import type { Chunk } from '../provider/recognition.js';
import type { ProviderReading } from '../telemetry/snapshot.js';
import { raceOf } from './race.js';

/** One that can decode, in its place in the order. */
export interface Member {
  readonly name: string;
  /** Whether a decode would begin at once. */
  readonly isOpen: boolean;
  suits(chunk: Pick<Chunk, 'language' | 'translate'>): boolean;
  decode(chunk: Chunk): Decode;
}

/** Another provider serves from now on. */
export interface ProviderChange {
  readonly from: string;
  readonly to: string;
  /** A sentence. */
  readonly reason: string;
}

export interface FailoverOptions {
  /** In order of preference; at least one. */
  readonly members: readonly Member[];
  readonly clock: Clock;
  /** Speech that everybody can decode, to try one out with. */
  readonly trialChunk: () => Promise<Chunk>;
  readonly onChange: (change: ProviderChange) => void;
  /** Two decode each chunk, and the first text counts. @defaultValue false */
  readonly isRace?: boolean;
  /** Told of what was decoded, while the chunk's memory is still there. */
  readonly onDecoded?: ((chunk: Chunk, outcome: SlotOutcome) => void) | undefined;
}

interface Place {
  readonly member: Member;
  health: Health;
  decodes: number;
  failures: number;
}

/**
 * Decodes with the first provider that is trusted. What one fails at is tried once with the next; one that dies or fails
 * too often is out until it has decoded some synthetic jobs.
 */
export class Failover {
  readonly #options: FailoverOptions;
  readonly #places: readonly Place[];
  readonly #trials = new Map<Place, () => void>();
  #serving: Place | undefined;
  #isClosed = false;

  constructor(options: FailoverOptions) {
    this.#options = options;
    this.#places = options.members.map((member) => ({ member, health: trusted, decodes: 0, failures: 0 }));
    this.#serving = this.#places[0];
  }

  get readings(): readonly ProviderReading[] {
    return this.#places.map((place) => {
      const { member, health, decodes, failures } = place;
      const counts = { name: member.name, decodes, failures };
      if (health.kind !== 'trusted') return { ...counts, state: health.kind, reason: health.reason };
      return { ...counts, state: place === this.#serving ? 'serving' : 'ready' };
    });
  }

  /** Decodes one chunk, on a slot that the scheduler knows to be free. */
  decode(chunk: Chunk): Decode {
    const { isRace = false, onDecoded } = this.#options;
    let decode: Decode | undefined;
    let isStopped = false;
    const begin = (made: Decode) => {
      decode = made;
      return made.outcome;
    };
    const attempt = async () => {
      const first = this.#placeFor(chunk);
      const rival = isRace ? this.#placeFor(chunk, first) : undefined;
      if (rival) return await begin(this.#race(first, rival, chunk));
      try {
        return await begin(this.#observed(first, chunk));
      } catch (error) {
        const next = isStopped || !isForAnother(error) ? undefined : this.#placeFor(chunk, first);
        if (!next) throw error;
        return await begin(this.#observed(next, chunk));
      }
    };
    const run = async () => {
      const outcome = await attempt();
      onDecoded?.(chunk, outcome);
      return outcome;
    };
    const stop = () => {
      isStopped = true;
      decode?.stop();
    };
    return { outcome: run(), stop };
  }

  #race(first: Place, rival: Place, chunk: Chunk): Decode {
    const copy = { ...chunk, pcm: new Float32Array(chunk.pcm) };
    return raceOf(this.#observed(first, chunk), this.#observed(rival, copy));
  }

  /** This one cannot be had: it is not tried before its trial. */
  gone(wanted: Member, reason: string): void {
    const place = this.#places.find(({ member }) => member === wanted);
    if (place) this.#note(place, { kind: 'gone', atSeconds: this.#options.clock.nowSeconds(), reason });
  }

  /** Ends what only it wants: the trials. */
  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#trials.values()) cancel();
  }

  #placeFor(chunk: Chunk): Place;
  #placeFor(chunk: Chunk, failed: Place): Place | undefined;
  /**
   * The first that is trusted and can; while that is being started again, one that need not wait. When there is none, one
   * that might, unless that has just failed.
   */
  #placeFor(chunk: Chunk, failed?: Place): Place | undefined {
    const able = this.#places.filter((place) => place !== failed && place.member.suits(chunk));
    const atSeconds = this.#options.clock.nowSeconds();
    const found = able.filter(({ health }) => health.kind === 'trusted');
    const ready = found.find(
      ({ member, health }, at) => !isRestarting(health, atSeconds) && (at === 0 || member.isOpen),
    );
    return ready ?? found[0] ?? (failed ? undefined : (able[0] ?? this.#places[0]));
  }

  #observed(place: Place, chunk: Chunk): Decode {
    const begunAtSeconds = this.#options.clock.nowSeconds();
    let decode: Decode | undefined;
    const observe = async (): Promise<SlotOutcome> => {
      try {
        decode = place.member.decode(chunk);
        const outcome = await decode.outcome;
        place.decodes += 1;
        this.#note(place, { kind: 'decoded', atSeconds: this.#options.clock.nowSeconds() });
        return outcome;
      } catch (error) {
        const sign = signOf(error, this.#options.clock.nowSeconds(), begunAtSeconds);
        if (sign) place.failures += 1;
        if (sign) this.#note(place, sign);
        throw error;
      }
    };
    return { outcome: observe(), stop: () => decode?.stop() };
  }

  #note(place: Place, sign: Sign): void {
    // Of one on trial only the jobs of the trial count; they are noted there. Who is alone serves whatever happens.
    if (place.health.kind === 'on-trial' || this.#places.length === 1) return;
    this.#take(place, sign);
  }

  #take(place: Place, sign: Sign): void {
    if (this.#isClosed) return;
    const { clock } = this.#options;
    const before = place.health;
    place.health = healthAfter(before, sign);
    if (place.health.kind === 'out' && place.health !== before) {
      const waitSeconds = place.health.nextTrialAtSeconds - clock.nowSeconds();
      this.#trials.get(place)?.();
      this.#trials.set(
        place,
        clock.after(waitSeconds, () => void this.#try(place)),
      );
    }
    this.#announce(place);
  }

  #announce(cause: Place): void {
    const from = this.#serving;
    const to = this.#places.find(({ health }) => health.kind === 'trusted') ?? this.#places[0];
    if (!from || !to || from === to) return;
    this.#serving = to;
    const { health, member } = cause;
    const reason =
      health.kind === 'trusted'
        ? `${member.name} has decoded ${trialJobs} synthetic jobs and serves again.`
        : `${member.name} is out. ${health.reason}`;
    this.#options.onChange({ from: from.member.name, to: to.member.name, reason });
  }

  async #try(place: Place): Promise<void> {
    const { clock, trialChunk } = this.#options;
    this.#take(place, { kind: 'trial', atSeconds: clock.nowSeconds() });
    for (let job = 0; job < trialJobs && place.health.kind === 'on-trial' && !this.#isClosed; job += 1) {
      const begunAtSeconds = clock.nowSeconds();
      try {
        const decode = place.member.decode(await trialChunk());
        this.#trials.set(place, () => decode.stop());
        const { recognition } = await decode.outcome;
        if (recognition.segments.length === 0) throw new EngineError('DECODE_FAILED', 'Speech gave no text.');
        this.#take(place, { kind: 'decoded', atSeconds: clock.nowSeconds() });
      } catch {
        this.#take(place, { kind: 'failed', atSeconds: clock.nowSeconds(), begunAtSeconds });
      }
    }
  }
}

/** Whether somebody else may do what failed. */
function isForAnother(error: unknown): boolean {
  const isBeyond = error instanceof EngineError && error.code === 'LANGUAGE_UNSUPPORTED';
  return isBeyond || signOf(error, 0, 0) !== undefined;
}

/** What an error says about who failed; undefined when it says nothing. */
function signOf(error: unknown, atSeconds: number, begunAtSeconds: number): Sign | undefined {
  const { code, message } = EngineError.from(error, 'INTERNAL', 'A provider failed.');
  switch (code) {
    case 'WORKER_DIED':
      return { kind: 'died', atSeconds, begunAtSeconds };
    case 'PROVIDER_UNAVAILABLE':
    case 'MODEL_MISSING':
    case 'MODEL_LOAD_FAILED':
      return { kind: 'gone', atSeconds, reason: message };
    case 'DECODE_FAILED':
    case 'INTERNAL':
      return { kind: 'failed', atSeconds, begunAtSeconds };
    default:
      return undefined;
  }
}
