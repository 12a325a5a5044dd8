import { fileURLToPath } from 'node:url';
import { EngineError } from '../errors.js';
import { Failover, type Member, type ProviderChange } from '../pool/failover.js';
import { type Comparison, SecondOpinion } from '../pool/second-opinion.js';
import { Standby } from '../pool/standby.js';
import { sampleRate } from '../provider/audio-format.js';
import type { Decode } from '../provider/decode.js';
import { plainChunk } from '../provider/plain-chunk.js';
import type { Chunk } from '../provider/recognition.js';
import type { ProviderReading } from '../telemetry/snapshot.js';
import type { EngineParts } from './parts.js';

/** A trial job may take so long; who does not end it is not trusted. */
const trialSeconds = 30;

/** Half a second of speech. */
const trialClip = fileURLToPath(new URL('../../assets/half-second.wav', import.meta.url));

export interface EngineProvidersOptions {
  readonly parts: EngineParts;
  readonly onChange: (change: ProviderChange) => void;
  readonly onComparison: (comparison: Comparison) => void;
}

/** Who decodes for an engine: its own whisper.cpp, and whoever takes over from it. */
export class EngineProviders {
  readonly #parts: EngineParts;
  readonly #standbys: readonly Standby[];
  readonly #failover: Failover;
  readonly #second: SecondOpinion | undefined;

  constructor({ parts, onChange, onComparison }: EngineProvidersOptions) {
    const { clock, logger, plan, residents } = parts;
    const { providers, standby, isRace, shadow } = parts.providers;
    this.#parts = parts;
    const own: Member = {
      name: 'whisper-cpp',
      isOpen: true,
      suits: () => true,
      decode: (chunk) => residents.decode(chunk),
    };
    const members = providers.map((one) => (one === 'whisper-cpp' ? own : new Standby(one, plan, clock)));
    const standbys = members.filter((member) => member instanceof Standby);
    // Who stands by and is compared as well is opened once.
    const known = standbys.find(({ name }) => name === shadow?.provider.name);
    const onePlan = { slots: 1, threadsPerSlot: plan.threadsPerSlot };
    const observer = known ?? (shadow && new Standby(shadow.provider, onePlan, clock));
    this.#standbys = observer && !known ? [...standbys, observer] : standbys;
    this.#second =
      shadow &&
      observer &&
      new SecondOpinion({
        name: observer.name,
        decode: (chunk) => observer.decode(chunk),
        share: shadow.share,
        onComparison,
        onFailure: (error) => logger.warn({ error, provider: observer.name }, error.message),
      });
    this.#failover = new Failover({
      members,
      clock,
      isRace,
      trialChunk: () => this.#trialChunk(),
      onChange: (change) => {
        logger.warn(change, change.reason);
        onChange(change);
      },
      onDecoded: this.#second && ((chunk, outcome) => this.#second?.consider(chunk, outcome)),
    });
    if (standby === 'warm') for (const waiting of this.#standbys) void this.#warm(waiting);
  }

  /** In order of preference. */
  get readings(): readonly ProviderReading[] {
    return this.#failover.readings;
  }

  /** Decodes with the first that is trusted. */
  decode(chunk: Chunk): Decode {
    return this.#failover.decode(chunk);
  }

  /** Ends what this engine has opened; nothing may be under way that somebody waits for. */
  async close(): Promise<void> {
    this.#failover.close();
    this.#second?.close();
    await Promise.allSettled(this.#standbys.map((standby) => standby.close()));
  }

  async #warm(standby: Standby): Promise<void> {
    try {
      await standby.open();
    } catch (error) {
      const { code, message } = EngineError.from(error, 'INTERNAL', `${standby.name} could not be opened.`);
      if (code === 'ABORTED') return;
      this.#parts.logger.warn({ provider: standby.name }, message);
      this.#failover.gone(standby, message);
    }
  }

  async #trialChunk(): Promise<Chunk> {
    const stream = await this.#parts.listener.open({ kind: 'file', path: trialClip });
    try {
      const memory = new SharedArrayBuffer(sampleRate * Float32Array.BYTES_PER_ELEMENT);
      const { pcm } = await stream.read(new Float32Array(memory));
      return plainChunk(pcm, { deadlineAtSeconds: this.#parts.clock.nowSeconds() + trialSeconds });
    } finally {
      await stream.close();
    }
  }
}
