import { EngineError } from '../dist/errors.js';
import { bytesPerFrame, type LiveFormat, trackCount } from '../dist/provider/stream-format.js';
import { shedPolicies } from '../dist/scheduler/shed-policy.js';
import type { LiveEvent } from '../dist/session/live-events.js';
import type { Source } from '../dist/session/source.js';
import type { SourceOptions } from '../dist/session/source-options.js';
import type { Chance } from './chance.js';
import { isSame, type LiveWorld } from './live-world.js';
import { heardAtOnce, scriptedBytes, speech } from './scripted-ears.js';

const rate = 16_000;

/** Told of one channel, in samples. */
class TrackRecord {
  transcribed = 0;
  gaps = 0;
  readonly finals: Extract<LiveEvent, { kind: 'final' }>[] = [];
  /** The end of the last final that was not late. */
  #endSample = 0;
  readonly #closed = new Set<number>();

  note(event: LiveEvent): void {
    if (event.kind === 'partial' && this.#closed.has(event.utterance)) throw new Error('A partial after its final.');
    if (event.kind === 'gap') this.gaps += samples(event.endSeconds) - samples(event.startSeconds);
    if (event.kind === 'partial' || event.kind === 'final') checkLatency(event);
    if (event.kind !== 'final') return;
    this.finals.push(event);
    if (this.#closed.has(event.utterance)) throw new Error(`Utterance ${event.utterance} was told twice.`);
    this.#closed.add(event.utterance);
    const startSample = samples(event.startSeconds);
    this.transcribed += samples(event.endSeconds) - startSample;
    if (event.isLate) return;
    if (startSample < this.#endSample) throw new Error('A final runs backwards.');
    this.#endSample = samples(event.endSeconds);
  }
}

/** A source with what was written to it, and what was told of it. */
export class FuzzedSource {
  readonly source: Source;
  readonly #chance: Chance;
  readonly #world: LiveWorld;
  readonly #tracks: readonly TrackRecord[];
  /** What went in, by format. */
  readonly #sections: { readonly format: LiveFormat; readonly bytes: Uint8Array[] }[];
  /** Bytes of a frame that the last write cut off. */
  #rest = new Uint8Array(0);
  #frame = 0;
  /** Not all that was written was accepted, or not all of it was to be heard. */
  #isCutShort = false;
  readonly #quiet: number;
  readonly #mostQueuedSeconds: number;

  constructor(source: Source, { format, queue, shed }: SourceOptions, chance: Chance, world: LiveWorld) {
    this.source = source;
    // What comes back from disk comes on top.
    this.#mostQueuedSeconds = shed === shedPolicies.spool ? Number.POSITIVE_INFINITY : (queue?.seconds ?? 120);
    this.#chance = chance;
    this.#world = world;
    this.#sections = [{ format, bytes: [] }];
    this.#tracks = Array.from({ length: trackCount(format) }, () => new TrackRecord());
    this.#quiet = chance.next();
  }

  get format(): LiveFormat {
    return this.#section.format;
  }

  get #section() {
    const section = this.#sections.at(-1);
    if (!section) throw new Error('There is no format.');
    return section;
  }

  note(event: LiveEvent): void {
    if (this.source.hasEnded && event.kind !== 'end') throw new Error(`A ${event.kind} of a source that has ended.`);
    if (event.kind === 'error' && event.error.code === 'WORKER_DIED') this.#isCutShort = true;
    this.#tracks['channel' in event ? (event.channel ?? 0) : 0]?.note(event);
  }

  write(how: 'write' | 'tryWrite' | 'write in time', mostSeconds = 1.5): void {
    const bytes = this.#bytes(mostSeconds);
    if (how === 'tryWrite') {
      this.#tryWrite(bytes);
      return;
    }
    const section = this.#section;
    section.bytes.push(bytes);
    const waitSeconds = how === 'write' ? undefined : this.#chance.below(3);
    const written = this.source.write(bytes, { waitSeconds });
    this.#world.promised('write', written);
    written.catch((error: unknown) => {
      if (error instanceof EngineError && error.code === 'SOURCE_ENDED')
        section.bytes.splice(section.bytes.indexOf(bytes), 1);
      else this.#cut(error, ['QUEUE_FULL', 'ABORTED', 'WORKER_DIED']);
    });
  }

  #tryWrite(bytes: Uint8Array): void {
    try {
      // What found no room is written again.
      if (this.source.tryWrite(bytes)) this.#section.bytes.push(bytes);
      else this.#rest = Buffer.concat([bytes, this.#rest]);
    } catch (error) {
      if (error instanceof EngineError && error.code === 'SOURCE_ENDED') return;
      this.#cut(error, []);
    }
  }

  /** A write was refused for one of these reasons. Bytes that come after a cut may be no floats any more. */
  #cut(error: unknown, codes: readonly string[]): void {
    const isAllowed =
      error instanceof EngineError &&
      (codes.includes(error.code) || (this.#isCutShort && error.code === 'AUDIO_INVALID'));
    if (!isAllowed) this.#world.wrong.push(error);
    this.#isCutShort = true;
  }

  abort(): void {
    this.#isCutShort = true;
    this.#world.promised('abort of a source', this.source.abort());
  }

  cutShort(): void {
    this.#isCutShort = true;
  }

  end(): void {
    this.#world.promised('end of a source', this.source.end());
  }

  changeFormat(format: LiveFormat): void {
    try {
      this.source.changeFormat(format);
    } catch (error) {
      // It has ended, or writes wait for room.
      allow(error, 'SOURCE_ENDED', 'OPTION_INVALID');
      return;
    }
    this.#sections.push({ format, bytes: [] });
    this.#rest = new Uint8Array(0);
  }

  /** The books say what was told. */
  look(): void {
    const { imbalanceSamples, transcribedSeconds, gapSeconds, heardSeconds } = this.source.ledger;
    const { queuedSeconds } = this.source;
    if (queuedSeconds > this.#mostQueuedSeconds + 0.001)
      throw new Error(`${queuedSeconds} s in a queue that was full.`);
    if (imbalanceSamples !== 0) throw new Error(`The books are ${imbalanceSamples} samples out.`);
    const sum = (key: 'transcribed' | 'gaps') => this.#tracks.reduce((total, track) => total + track[key], 0);
    const booked = { transcribed: samples(transcribedSeconds), gaps: samples(gapSeconds) };
    if (booked.transcribed !== sum('transcribed'))
      throw new Error(`${sum('transcribed')} samples told, not ${booked.transcribed}.`);
    if (booked.gaps !== sum('gaps')) throw new Error(`${sum('gaps')} samples of gaps told, not ${booked.gaps}.`);
    // What is unheard in an end that comes too early is counted format by format, and rounded.
    const most = (this.#expectedSamples() + this.#toleranceSamples + this.#sections.length - 1) * this.#tracks.length;
    if (samples(heardSeconds) > most) throw new Error(`${samples(heardSeconds)} samples heard, only ${most} written.`);
  }

  /** Everything that was accepted was heard, once, and every final was made of its own audio. */
  lookAtEnd(): void {
    this.look();
    const { heardSeconds, queuedSeconds, spooledSeconds, unheardSeconds } = this.source.ledger;
    if (queuedSeconds + spooledSeconds + unheardSeconds !== 0)
      throw new Error('It has ended, and something still waits.');
    if (this.#isCutShort) return;
    const heard = samples(heardSeconds) / this.#tracks.length;
    const expected = this.#expectedSamples();
    // What a listener that dies holds from before a change of format, less than a window, cannot be heard again.
    const mayBeLost = this.#toleranceSamples * 1024;
    if (heard > expected + this.#toleranceSamples || heard < expected - mayBeLost)
      throw new Error(`${heard} samples were heard of ${expected}.`);
    if (heard !== expected) return;
    for (const [at, track] of this.#tracks.entries()) {
      if (track.finals.length === 0) continue;
      const whole = this.#whole(at);
      for (const final of track.finals) this.#lookAt(final, whole);
    }
  }

  #lookAt({ text, startSeconds, endSeconds }: Extract<LiveEvent, { kind: 'final' }>, whole: Float32Array): void {
    const decoded = this.#world.slots.samplesOf(text);
    if (!decoded) throw new Error(`Nobody decoded '${text}'.`);
    const start = samples(startSeconds);
    // A decode made in a pause may end a little earlier than the utterance, or later when that was cut there; in silence.
    const more = decoded.length - (samples(endSeconds) - start);
    if (Math.abs(more) > 0.4 * rate) throw new Error(`A final of ${more} samples more than its own.`);
    // The last window of a source may be filled up with silence.
    const own = whole.subarray(start, start + decoded.length);
    if (!isSame(decoded.subarray(0, own.length), own)) throw new Error('A final of other audio.');
    if (decoded.subarray(own.length).some((sample) => sample !== 0))
      throw new Error('A final of audio that nobody sent.');
  }

  /** After a change of format a frame may begin between two samples: a new listener hears one sample again. */
  get #toleranceSamples(): number {
    return this.#sections.length > 1 ? this.#world.deaths : 0;
  }

  #expectedSamples(): number {
    return this.#written().reduce((sum, { format, bytes }) => {
      const frames = bytes.reduce((total, part) => total + part.length, 0) / bytesPerFrame(format);
      return sum + Math.ceil((frames * rate) / format.sampleRate);
    }, 0);
  }

  /** The whole frames of each format; where one follows itself the resampler goes on. */
  #written(): readonly { readonly format: LiveFormat; readonly bytes: readonly Uint8Array[] }[] {
    const written: { readonly format: LiveFormat; readonly bytes: Uint8Array[] }[] = [];
    for (const { format, bytes } of this.#sections) {
      const rest = bytes.reduce((total, part) => total + part.length, 0) % bytesPerFrame(format);
      const whole = rest === 0 ? bytes : [Buffer.concat(bytes).subarray(0, -rest)];
      const last = written.at(-1);
      if (last?.format === format) last.bytes.push(...whole);
      else written.push({ format, bytes: [...whole] });
    }
    return written;
  }

  #whole(track: number): Float32Array {
    const parts = this.#written().map(({ format, bytes }) => heardAtOnce(format, Buffer.concat(bytes), track));
    const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  /** Some audio, cut anywhere: stretches of speech, silence or both at once, that can be told from what is around them. */
  #bytes(mostSeconds: number): Uint8Array {
    const { sampleRate } = this.format;
    const seconds = mostSeconds * (this.#chance.of([0.01, 0.05, 0.1, 0.25, 0.5, 1]) ?? 1);
    const frames = Math.round(seconds * sampleRate * (0.9 + 0.1 * this.#chance.next()));
    const parts: Uint8Array[] = [this.#rest];
    let kind = this.#chance.next();
    for (let left = frames; left > 0; ) {
      const length = Math.min(left, Math.ceil(0.1 * sampleRate));
      if (this.#chance.happens(0.2)) kind = this.#chance.next();
      parts.push(scriptedBytes(this.format, length, ...this.#numbers(kind)));
      left -= length;
    }
    const bytes = Buffer.concat(parts);
    const cut = bytes.length - this.#chance.below(bytesPerFrame(this.format));
    this.#rest = new Uint8Array(bytes.subarray(cut));
    return new Uint8Array(bytes.subarray(0, cut));
  }

  #numbers(kind: number): readonly number[] {
    this.#frame = (this.#frame + 1) % 127;
    const isSpeech = kind > 0.9 ? this.#chance.happens(0.5) : kind > this.#quiet * 0.8;
    const number = this.#frame + (isSpeech ? speech : 0);
    // The other channels say something else at other times.
    if (this.#tracks.length === 1) return [number];
    return this.#tracks.map((_, at) => (at === 0 ? number : this.#frame + (this.#chance.happens(kind) ? speech : 0)));
  }
}

export function allow(error: unknown, ...codes: readonly string[]): void {
  if (!(error instanceof EngineError && codes.includes(error.code))) throw error;
}

function samples(seconds: number): number {
  return Math.round(seconds * rate);
}

function checkLatency(event: Extract<LiveEvent, { kind: 'partial' | 'final' }>): void {
  const seconds = event.kind === 'final' ? event.timings.latencySeconds : event.latencySeconds;
  if (!(seconds >= 0 && seconds < Number.POSITIVE_INFINITY)) throw new Error(`A latency of ${seconds} s.`);
}
