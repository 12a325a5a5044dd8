import { setImmediate } from 'node:timers/promises';
import { EngineError } from '../errors.js';
import { NoiseGate } from '../provider/noise-gate.js';
import { PcmStream } from '../provider/pcm-stream.js';
import type { SpeechProbability } from '../provider/speech-probability.js';
import { type StreamFormat, trackCount } from '../provider/stream-format.js';
import type { HeardBlock } from './protocol.js';

/** One track: its speech detector, and the samples that do not fill a window yet. */
interface Track {
  readonly gate: NoiseGate;
  rest: Float32Array;
}

type State =
  | { readonly kind: 'open' }
  | { readonly kind: 'ended' }
  /** It broke off between two samples; the tracks may not agree any more. */
  | { readonly kind: 'broken'; readonly error: unknown };

/** A live source on the listener thread: its bytes go in, 16 kHz windows with their speech probabilities come out. */
export class LiveInput {
  readonly #windowSamples: number;
  readonly #tracks: readonly Track[];
  #stream: PcmStream;
  #state: State = { kind: 'open' };
  /** Calls, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @param speeches - one a track, fresh; the caller's again after `close` */
  constructor(format: StreamFormat, speeches: readonly SpeechProbability[]) {
    this.#windowSamples = speeches[0]?.windowSamples ?? 1;
    this.#tracks = speeches.map((speech) => ({ gate: new NoiseGate(speech), rest: new Float32Array(0) }));
    this.#stream = new PcmStream(format);
  }

  /**
   * One block a track. A call that is refused has taken nothing.
   * @param format - of these bytes and the next; what the last format left of a frame is dropped
   * @throws EngineError `AUDIO_INVALID` when a sample is no number, `OPTION_INVALID` for another number of tracks,
   * `SOURCE_ENDED`
   */
  hear(bytes: Uint8Array, isLast: boolean, format?: StreamFormat): Promise<readonly HeardBlock[]> {
    const heard = this.#turn.then(() => this.#hear(bytes, isLast, format));
    this.#turn = heard.catch(() => undefined);
    return heard;
  }

  /** Waits for the calls under way. */
  async close(): Promise<void> {
    await this.#turn;
    this.#state = { kind: 'ended' };
    this.#stream.close();
  }

  async #hear(bytes: Uint8Array, isLast: boolean, format?: StreamFormat): Promise<readonly HeardBlock[]> {
    this.#checkOpen();
    const stream = this.#streamFor(format);
    const frames = this.#take(stream, bytes);
    try {
      const blocks: (readonly HeardBlock[])[] = [];
      if (stream !== this.#stream) {
        blocks.push(this.#listen(this.#stream.flush(), false));
        this.#stream.close();
        this.#stream = stream;
      }
      const step = stream.format.sampleRate * stream.format.channels;
      for (let from = 0; from === 0 || from < frames.length; from += step) {
        // A second at a time: a long write of one source is not a long silence of all others.
        if (from > 0) await setImmediate();
        const isEnd = isLast && from + step >= frames.length;
        blocks.push(this.#listen(stream.convert(frames.subarray(from, from + step), isEnd), isEnd));
      }
      if (isLast) this.#state = { kind: 'ended' };
      return this.#tracks.map((_, track) => joinedBlock(blocks.flatMap((step) => step[track] ?? [])));
    } catch (error) {
      this.#state = { kind: 'broken', error };
      throw error;
    }
  }

  #checkOpen(): void {
    switch (this.#state.kind) {
      case 'open':
        return;
      case 'ended':
        throw new EngineError('SOURCE_ENDED', 'The source has ended: nothing can follow its last bytes.');
      case 'broken':
        throw this.#state.error;
      default:
        throw new EngineError('INTERNAL', `There is no such state: ${String(this.#state satisfies never)}.`);
    }
  }

  #streamFor(format: StreamFormat | undefined): PcmStream {
    if (!format || isSame(format, this.#stream.format)) return this.#stream;
    if (trackCount(format) !== this.#tracks.length) {
      throw new EngineError(
        'OPTION_INVALID',
        `The source has ${this.#tracks.length} tracks, the new format gives ${trackCount(format)}. ` +
          'Keep the number of tracks, or add another source.',
      );
    }
    return new PcmStream(format);
  }

  #take(stream: PcmStream, bytes: Uint8Array) {
    try {
      return stream.frames(bytes);
    } catch (error) {
      if (stream !== this.#stream) stream.close();
      throw error;
    }
  }

  #listen(samples: readonly Float32Array[], isEnd: boolean): readonly HeardBlock[] {
    return this.#tracks.map((track, at) => {
      const all = joined([track.rest, samples[at] ?? new Float32Array(0)]);
      const length = isEnd ? all.length : all.length - (all.length % this.#windowSamples);
      // Copies, as a part of an array takes all of it to the other thread.
      track.rest = all.slice(length);
      const pcm = length === all.length ? all : all.slice(0, length);
      return { pcm, probabilities: track.gate.of(pcm) };
    });
  }
}

function isSame(a: StreamFormat, b: StreamFormat): boolean {
  return (
    a.encoding === b.encoding &&
    a.sampleRate === b.sampleRate &&
    a.channels === b.channels &&
    a.channelMode === b.channelMode
  );
}

function joinedBlock(blocks: readonly HeardBlock[]): HeardBlock {
  return {
    pcm: joined(blocks.map((block) => block.pcm)),
    probabilities: joined(blocks.map((block) => block.probabilities)),
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const filled = parts.filter((part) => part.length > 0);
  const [first] = filled;
  if (first && filled.length === 1) return first;
  const whole = new Float32Array(filled.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of filled) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
