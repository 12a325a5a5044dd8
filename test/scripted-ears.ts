import { EngineError } from '../dist/errors.js';
import type { HeardBlock, LiveAudio } from '../dist/pool/listener.js';
import { bytesPerFrame, bytesPerSample, type LiveFormat, trackCount } from '../dist/provider/stream-format.js';
import type { Ears } from '../dist/session/hearing.js';

const windowSamples = 512;
const heardRate = 16_000;

/** In scripted audio a sample is a number from 0 to 255; from here on it is speech. */
export const speech = 128;

/** `frames` frames of one number, in a format; each channel can have its own. */
export function scriptedBytes(format: LiveFormat, frames: number, ...numbers: readonly number[]): Uint8Array {
  const channels = format.channels ?? 1;
  const samples = new { s16le: Int16Array, f32le: Float32Array, mulaw: Uint8Array, alaw: Uint8Array }[format.encoding](
    frames * channels,
  );
  if (numbers.length === 1) samples.fill(numbers[0] ?? 0);
  else for (let at = 0; at < samples.length; at += 1) samples[at] = numbers[at % channels] ?? 0;
  return new Uint8Array(samples.buffer);
}

/** What a track hears of all the bytes of one format, at once: the reference for what comes in parts. */
export function heardAtOnce(format: LiveFormat, bytes: Uint8Array, track: number): Float32Array {
  const numbers = numbersOf(format, bytes, track);
  const heard = new Float32Array(Math.ceil((numbers.length * heardRate) / format.sampleRate));
  for (let at = 0; at < heard.length; at += 1) {
    heard[at] = numbers[Math.floor((at * format.sampleRate) / heardRate)] ?? Number.NaN;
  }
  return heard;
}

/** The numbers of one track in whole frames. */
function numbersOf(format: LiveFormat, bytes: Uint8Array, track: number): Float32Array {
  const frameBytes = bytesPerFrame(format);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytesPerSample[format.encoding];
  const numbers = new Float32Array(Math.floor(bytes.length / frameBytes));
  for (let frame = 0, at = track * size; frame < numbers.length; frame += 1, at += frameBytes) {
    if (size === 1) numbers[frame] = bytes[at] ?? 0;
    else numbers[frame] = size === 2 ? view.getInt16(at, true) : view.getFloat32(at, true);
  }
  return numbers;
}

interface Call {
  answer(): void;
  die(): void;
}

/** Ears that resample by taking the nearest frame before, and take for speech what the test wrote as speech. */
export class ScriptedEars implements Ears {
  /** Everything that was ever listened to. */
  readonly opened: ScriptedAudio[] = [];
  /** Calls without an answer, oldest first; there are none when they are answered at once. */
  readonly calls: Call[] = [];
  answersAtOnce = true;
  /** Frames that a resampler holds back. */
  delayFrames = 0;
  /** What the next call of `openLive` or `hear` fails with. */
  nextFailure: EngineError | undefined;

  async openLive(format: LiveFormat): Promise<LiveAudio> {
    return await this.#called(() => {
      const audio = new ScriptedAudio(format, this.delayFrames, (work) => this.#called(work));
      this.opened.push(audio);
      return audio;
    });
  }

  /** The thread ends, and with it all that it listens to and all calls. */
  die(): void {
    for (const audio of this.opened) audio.isDead = true;
    for (const call of this.calls.splice(0)) call.die();
  }

  /** Answers what is open, the oldest first. */
  answer(count = Number.POSITIVE_INFINITY): void {
    for (const call of this.calls.splice(0, count)) call.answer();
  }

  /** What still listens. */
  get open(): readonly ScriptedAudio[] {
    return this.opened.filter((audio) => !audio.isDead && !audio.isClosed);
  }

  #called<Value>(work: () => Value): Promise<Value> {
    const { nextFailure } = this;
    this.nextFailure = undefined;
    if (nextFailure) return Promise.reject(nextFailure);
    return new Promise((resolve, reject) => {
      const call: Call = {
        answer: () => {
          try {
            resolve(work());
          } catch (error) {
            reject(EngineError.from(error, 'INTERNAL', 'The ears failed.'));
          }
        },
        die: () => reject(died()),
      };
      if (this.answersAtOnce) call.answer();
      else this.calls.push(call);
    });
  }
}

interface ScriptedTrack {
  /** Numbers of frames that are not all heard, from `#heldFrom` on. */
  held: Float32Array;
  /** Samples that do not fill a window. */
  rest: Float32Array;
}

export class ScriptedAudio implements LiveAudio {
  readonly tracks: number;
  readonly windowSamples = windowSamples;
  isDead = false;
  isClosed = false;
  readonly #called: <Value>(work: () => Value) => Promise<Value>;
  readonly #delayFrames: number;
  readonly #tracks: readonly ScriptedTrack[];
  #format: LiveFormat;
  #frame = new Uint8Array(0);
  /** Of the format that is in force: frames that came, frames before `held`, and samples that were made. */
  #frames = 0;
  #heldFrom = 0;
  #samples = 0;
  #hasEnded = false;

  constructor(format: LiveFormat, delayFrames: number, called: <Value>(work: () => Value) => Promise<Value>) {
    this.#format = format;
    this.#delayFrames = delayFrames;
    this.#called = called;
    this.tracks = trackCount(format);
    this.#tracks = Array.from({ length: this.tracks }, () => ({
      held: new Float32Array(0),
      rest: new Float32Array(0),
    }));
  }

  hear(
    bytes: Uint8Array,
    { isLast = false, format = this.#format }: { isLast?: boolean; format?: LiveFormat | undefined } = {},
  ): Promise<readonly HeardBlock[]> {
    const copy = new Uint8Array(bytes);
    return this.#called(() => this.#hear(copy, isLast, format));
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  #hear(bytes: Uint8Array, isLast: boolean, format: LiveFormat): readonly HeardBlock[] {
    if (this.isDead) throw died();
    if (this.isClosed || this.#hasEnded) throw new EngineError('SOURCE_ENDED', 'Nobody listens any more.');
    let flushed: readonly Float32Array[] = [];
    if (JSON.stringify(format) !== JSON.stringify(this.#format)) {
      flushed = this.#resample(0);
      this.#format = format;
      this.#frame = new Uint8Array(0);
      this.#frames = this.#heldFrom = this.#samples = 0;
      for (const track of this.#tracks) track.held = new Float32Array(0);
    }
    const all = Buffer.concat([this.#frame, bytes]);
    const whole = all.length - (all.length % bytesPerFrame(format));
    this.#frame = new Uint8Array(all.subarray(whole));
    this.#frames += whole / bytesPerFrame(format);
    for (const [at, track] of this.#tracks.entries()) {
      track.held = joined(track.held, numbersOf(format, all.subarray(0, whole), at));
    }
    const resampled = this.#resample(isLast ? 0 : this.#delayFrames);
    this.#hasEnded = isLast;
    return this.#tracks.map((track, at) => {
      const samples = joined(track.rest, flushed[at] ?? new Float32Array(0), resampled[at] ?? new Float32Array(0));
      const length = isLast ? samples.length : samples.length - (samples.length % windowSamples);
      track.rest = samples.slice(length);
      const pcm = samples.slice(0, length);
      return { pcm, probabilities: probabilitiesOf(pcm) };
    });
  }

  #resample(delayFrames: number): readonly Float32Array[] {
    const { sampleRate } = this.#format;
    const until = Math.ceil((Math.max(0, this.#frames - delayFrames) * heardRate) / sampleRate);
    const from = this.#samples;
    if (until <= from) return [];
    this.#samples = until;
    const keepFrom = Math.floor((until * sampleRate) / heardRate);
    const resampled = this.#tracks.map((track) => {
      const samples = new Float32Array(until - from);
      for (let at = 0; at < samples.length; at += 1) {
        samples[at] = track.held[Math.floor(((from + at) * sampleRate) / heardRate) - this.#heldFrom] ?? Number.NaN;
      }
      track.held = track.held.slice(keepFrom - this.#heldFrom);
      return samples;
    });
    this.#heldFrom = Math.min(keepFrom, this.#frames);
    return resampled;
  }
}

/** How much of each window is speech; that is a doubtful half in what the tests call noise. */
function probabilitiesOf(pcm: Float32Array): Float32Array {
  const probabilities = new Float32Array(Math.ceil(pcm.length / windowSamples));
  for (let window = 0; window < probabilities.length; window += 1) {
    const from = window * windowSamples;
    const to = Math.min(pcm.length, from + windowSamples);
    let spoken = 0;
    for (let at = from; at < to; at += 8) if ((pcm[at] ?? 0) >= speech) spoken += 8;
    probabilities[window] = Math.min(1, spoken / (to - from));
  }
  return probabilities;
}

function joined(...parts: readonly Float32Array[]): Float32Array {
  const filled = parts.filter((part) => part.length > 0);
  if (filled.length === 1 && filled[0]) return filled[0];
  const whole = new Float32Array(filled.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of filled) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function died(): EngineError {
  return new EngineError('WORKER_DIED', 'The listener ended.');
}
