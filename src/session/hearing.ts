import { EngineError } from '../errors.js';
import type { HeardBlock, LiveAudio } from '../pool/listener.js';
import { sampleRate } from '../provider/audio-format.js';
import { bytesPerFrame, type LiveFormat, trackCount } from '../provider/stream-format.js';
import { ByteQueue } from './byte-queue.js';

/** What a source's bytes go through: the listener, or something scripted in a test. */
export interface Ears {
  openLive(format: LiveFormat): Promise<LiveAudio>;
}

export interface HearingOptions {
  readonly ears: Ears;
  readonly format: LiveFormat;
  readonly onHeard: (blocks: readonly HeardBlock[]) => void;
  /** Called once: when the last byte has been heard, when it was stopped, or when it failed; with what stays unheard. */
  readonly onEnd: (failure: EngineError | undefined, unheardSeconds: number) => void;
}

interface FormatChange {
  readonly format: LiveFormat;
  readonly afterBytes: number;
}

/** Three windows of VAD: shorter calls cost more than they win. */
const shortestCallSeconds = 0.096;
/** In silence nothing is urgent, and each call costs more than what is heard in it. */
const silentCallSeconds = 0.256;
/** A source that floods leaves the listener to the others after so much. */
const longestCallSeconds = 2;
/** A listener that dies so often in a row will not come back. */
const mostDeaths = 3;

/** The bytes of one source on their way through the listener, one call at a time; they survive its death. */
export class Hearing {
  readonly #options: HearingOptions;
  #format: LiveFormat;
  /** Accepted bytes, from the first whose samples may not have come back yet. */
  readonly #bytes = new ByteQueue();
  /** How many of them the listener was given. */
  #sentBytes = 0;
  /** Frames of this format that came before `#bytes`. */
  #framesBefore = 0;
  /** Samples of each track that have come back of this format; below 0 while some of the one before have yet to. */
  #heardSamples = 0;
  #audio: LiveAudio | undefined;
  #deaths = 0;
  #state: 'open' | 'ending' | 'ended' = 'open';
  #isCalling = false;
  /** Of the last call: not even noise that could be speech. */
  #isSilent = false;
  /** Formats to come, each after so many of the bytes that are here. */
  #changes: readonly FormatChange[] = [];

  constructor(options: HearingOptions) {
    this.#options = options;
    this.#format = options.format;
  }

  get format(): LiveFormat {
    return this.#changes.at(-1)?.format ?? this.#format;
  }

  /** As they come from now on. */
  get bytesPerSecond(): number {
    return this.format.sampleRate * bytesPerFrame(this.format);
  }

  /** Audio that was accepted and has not come back yet. */
  get unheardSeconds(): number {
    if (this.#state === 'ended') return 0;
    let seconds = this.#framesBefore / this.#format.sampleRate - this.#heardSamples / sampleRate;
    let [format, fromByte] = [this.#format, 0];
    for (const change of this.#changes) {
      seconds += secondsOf(change.afterBytes - fromByte, format);
      [format, fromByte] = [change.format, change.afterBytes];
    }
    return Math.max(0, seconds + secondsOf(this.#bytes.length - fromByte, format));
  }

  /** Takes bytes; they are its own from now on. */
  accept(bytes: Uint8Array): void {
    this.#bytes.push(bytes);
    void this.#pump();
  }

  /** What comes from now on is in another format. @throws EngineError `OPTION_INVALID` for another number of tracks */
  changeFormat(format: LiveFormat): void {
    if (trackCount(format) !== trackCount(this.#format)) {
      throw new EngineError(
        'OPTION_INVALID',
        `A source with ${trackCount(this.#format)} tracks cannot go on with ${trackCount(format)}. Add another source.`,
      );
    }
    this.#changes = [...this.#changes, { format, afterBytes: this.#bytes.length }];
    void this.#pump();
  }

  /** No more bytes will come. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    void this.#pump();
  }

  /** Hears nothing more, not even what was accepted. */
  stop(): void {
    this.#finish(undefined);
  }

  async #pump(): Promise<void> {
    if (this.#isCalling) return;
    this.#isCalling = true;
    try {
      while (this.#state !== 'ended' && this.#hasEnough) await this.#call();
    } catch (error) {
      this.#finish(EngineError.from(error, 'INTERNAL', 'A source could not be heard any more.'));
    } finally {
      this.#isCalling = false;
    }
  }

  get #hasEnough(): boolean {
    if (this.#state === 'ending' || this.#changes.length > 0) return true;
    const callSeconds = this.#isSilent ? silentCallSeconds : shortestCallSeconds;
    return this.#bytes.length - this.#sentBytes >= this.#bytesOf(callSeconds);
  }

  async #call(): Promise<void> {
    const [change] = this.#changes;
    // Whole frames: a part of one would be held, and go on in whatever comes next.
    const endBytes = wholeFrames(change?.afterBytes ?? this.#bytes.length, this.#format);
    if (change && this.#sentBytes === endBytes) {
      this.#change(change);
      return;
    }
    const to = Math.min(endBytes, this.#sentBytes + this.#bytesOf(longestCallSeconds));
    const isLast = this.#state === 'ending' && !change && to === endBytes;
    const bytes = this.#bytes.copy(this.#sentBytes, to);
    let blocks: readonly HeardBlock[];
    try {
      const audio = await this.#listening();
      if (!audio) return;
      blocks = await audio.hear(bytes, { isLast, format: this.#format });
    } catch (error) {
      this.#survive(error);
      return;
    }
    if (this.#isStopped) return;
    this.#deaths = 0;
    this.#sentBytes = to;
    this.#heardSamples += blocks[0]?.pcm.length ?? 0;
    this.#isSilent = blocks.every(({ probabilities }) => probabilities.every((probability) => probability === 0));
    this.#dropHeard();
    this.#options.onHeard(blocks);
    if (isLast) this.#finish(undefined);
  }

  /** What listens to it; undefined when it was stopped meanwhile. */
  async #listening(): Promise<LiveAudio | undefined> {
    this.#audio ??= await this.#options.ears.openLive(this.#format);
    // Who stopped it did not know of what was still being opened.
    if (this.#isStopped) await this.#audio.close();
    return this.#isStopped ? undefined : this.#audio;
  }

  /** Another call may have stopped it while this one waited. */
  get #isStopped(): boolean {
    return this.#state === 'ended';
  }

  /** A listener that died took what it had not given back: a new one hears that again. */
  #survive(error: unknown): void {
    const isDeath = error instanceof EngineError && error.code === 'WORKER_DIED';
    this.#deaths += 1;
    if (!isDeath || this.#deaths >= mostDeaths) throw error;
    this.#audio = undefined;
    this.#sentBytes = 0;
    // What it held from before a change of format, less than a window, cannot be heard again.
    this.#heardSamples = Math.max(0, this.#heardSamples);
  }

  /** Frames whose samples have come back. */
  get #heardFrames(): number {
    return Math.floor((this.#heardSamples * this.#format.sampleRate) / sampleRate);
  }

  #dropHeard(): void {
    const frameBytes = bytesPerFrame(this.#format);
    const frames = Math.min(this.#heardFrames - this.#framesBefore, this.#sentBytes / frameBytes);
    if (frames <= 0) return;
    this.#dropFirst(frames * frameBytes);
    this.#framesBefore += frames;
  }

  /** All bytes of the old format were given to the listener, which goes on from there. */
  #change({ format, afterBytes }: FormatChange): void {
    const frames = this.#framesBefore + this.#sentBytes / bytesPerFrame(this.#format);
    const heldSamples = Math.ceil((frames * sampleRate) / this.#format.sampleRate) - this.#heardSamples;
    this.#dropFirst(afterBytes);
    this.#changes = this.#changes.slice(1);
    this.#format = format;
    this.#framesBefore = 0;
    this.#sentBytes = 0;
    this.#heardSamples = Math.min(0, -heldSamples);
  }

  #dropFirst(bytes: number): void {
    this.#bytes.dropFirst(bytes);
    this.#sentBytes -= bytes;
    this.#changes = this.#changes.map((change) => ({ ...change, afterBytes: change.afterBytes - bytes }));
  }

  #finish(failure: EngineError | undefined): void {
    if (this.#state === 'ended') return;
    const { unheardSeconds } = this;
    this.#state = 'ended';
    this.#audio?.close().catch(() => undefined);
    this.#options.onEnd(failure, unheardSeconds);
  }

  #bytesOf(seconds: number): number {
    return Math.ceil(seconds * this.#format.sampleRate) * bytesPerFrame(this.#format);
  }
}

function wholeFrames(bytes: number, format: LiveFormat): number {
  return bytes - (bytes % bytesPerFrame(format));
}

/** Of the whole frames in so many bytes. */
function secondsOf(bytes: number, format: LiveFormat): number {
  return wholeFrames(bytes, format) / bytesPerFrame(format) / format.sampleRate;
}
