import type { EndEvent } from '../session/live-events.js';
import type { SourceReceipt, WireSourceOptions } from '../wire/live-messages.js';
import type { ClientSummary, UnnumberedClientEvent } from './client-events.js';
import { SendBuffer } from './send-buffer.js';
import { SourceClock } from './source-clock.js';
import type { Stretch } from './told.js';
import { TrackBooks, type TrackEvent } from './track-books.js';

/** What is sent for a source, but for its id. */
export type SourceSending =
  | { readonly kind: 'source'; readonly name: string; readonly options: WireSourceOptions }
  | { readonly kind: 'audio'; readonly fromByte: number; readonly audio: Uint8Array }
  | { readonly kind: 'lost'; readonly fromByte: number; readonly toByte: number }
  | { readonly kind: 'end-source'; readonly atByte: number };

const lostMessage = 'It could not be sent in time, or was lost with a server.';

/** All that a client knows of one source: what was written, what a server has of it, and what is told. No effects. */
export class SourceBooks {
  readonly name: string;
  readonly clock: SourceClock;
  readonly buffer = new SendBuffer();
  readonly #options: WireSourceOptions;
  readonly #tell: (event: UnnumberedClientEvent) => void;
  readonly #tracks: readonly TrackBooks[];
  /** Bytes that do not fill a packet yet. */
  #tail = new Uint8Array(0);
  #state: 'open' | 'ending' | 'ended' = 'open';
  /** In the session that hears it now. */
  #id: number | undefined;
  /** Of the source, where that session's second 0 is. */
  #firstFrame = 0;
  #isIntroduced = false;
  /** On this connection. */
  #isEndSent = false;
  /** On any connection of this session. */
  #isEndAsked = false;

  /** @throws EngineError `OPTION_INVALID` */
  constructor(name: string, options: WireSourceOptions, tell: (event: UnnumberedClientEvent) => void) {
    this.name = name;
    this.#options = options;
    this.#tell = tell;
    const clock = new SourceClock(options.format);
    this.clock = clock;
    this.#tracks = clock.tracks.map((channel) => new TrackBooks({ source: name, channel, clock }));
  }

  get state(): 'open' | 'ending' | 'ended' {
    return this.#state;
  }

  get id(): number | undefined {
    return this.#id;
  }

  /** Everything is said that this connection has to hear of it. */
  get isEndSent(): boolean {
    return this.#isEndSent;
  }

  get unreceivedSeconds(): number {
    return this.clock.secondsOf(this.buffer.unreceivedBytes / this.clock.bytesPerFrame);
  }

  get summaries(): readonly ClientSummary[] {
    return this.#tracks.map((track) => track.summary(this.#writtenFrames));
  }

  /** Takes bytes, cut anywhere. `makeRoom` is called before each packet that they fill. */
  write(bytes: Uint8Array, nowSeconds: number, makeRoom: () => void): void {
    const { packetBytes } = this.clock;
    const joined = new Uint8Array(this.#tail.length + bytes.length);
    joined.set(this.#tail);
    joined.set(bytes, this.#tail.length);
    let at = 0;
    for (; joined.length - at >= packetBytes; at += packetBytes) {
      makeRoom();
      this.buffer.add(joined.slice(at, at + packetBytes), nowSeconds);
    }
    this.#tail = joined.slice(at);
  }

  /** What does not fill a packet is one all the same, as far as it is whole sample frames. */
  flush(nowSeconds: number, makeRoom: () => void): void {
    const whole = this.#tail.length - (this.#tail.length % this.clock.bytesPerFrame);
    if (whole === 0) return;
    makeRoom();
    this.buffer.add(this.#tail.slice(0, whole), nowSeconds);
    this.#tail = this.#tail.slice(whole);
  }

  /** No more is written. */
  end(): void {
    if (this.#state === 'open') this.#state = 'ending';
  }

  /** A session hears it from now on, under this number, from the first that is not settled. */
  begin(id: number): void {
    const { bytesPerFrame } = this.clock;
    const kept = this.buffer.firstKept(this.#settledFrames * bytesPerFrame) / bytesPerFrame;
    this.#lose({ from: this.#settledFrames, to: kept });
    this.#id = id;
    this.#isEndAsked = false;
    this.#firstFrame = this.#settledFrames;
    this.buffer.beginAt(this.#firstFrame * bytesPerFrame);
    for (const track of this.#tracks) track.begin(this.#firstFrame);
  }

  /** That session is no more. */
  leave(): void {
    this.#id = undefined;
    this.hangUp();
    if (this.#state === 'ending' && this.#settledFrames === this.#writtenFrames) this.#finish();
  }

  /** The connection is no more. */
  hangUp(): void {
    this.#isIntroduced = false;
    this.#isEndSent = false;
  }

  /** On a new connection with the same session, which knows this of it; undefined for nothing. */
  goOn(receipt: SourceReceipt | undefined): void {
    this.#isIntroduced = receipt !== undefined;
    this.buffer.goOnFrom(this.#firstByte + (receipt?.receivedBytes ?? 0));
  }

  /** The server has so much of it. */
  receive({ receivedBytes }: SourceReceipt): void {
    this.buffer.receive(this.#firstByte + receivedBytes);
  }

  /** So much of it is told. */
  settle({ settledSeconds }: SourceReceipt): void {
    const { to } = this.clock.framesIn(0, settledSeconds);
    const settled = { from: 0, to: Math.min(this.#firstFrame + to, this.#writtenFrames) };
    for (const track of this.#tracks) track.told.add(settled);
    this.#forget();
  }

  /** What is to be said next; undefined for nothing now. */
  next(notBeforeSeconds: number): SourceSending | undefined {
    if (!this.#isIntroduced) {
      this.#isIntroduced = true;
      return { kind: 'source', name: this.name, options: this.#options };
    }
    const sending = this.buffer.next(notBeforeSeconds);
    const before = this.#firstByte;
    if (sending?.kind === 'audio') {
      return { kind: 'audio', fromByte: sending.fromByte - before, audio: this.#withoutTold(sending) };
    }
    if (sending?.kind === 'lost') {
      const { fromByte, toByte } = sending;
      const { bytesPerFrame } = this.clock;
      this.#lose({ from: fromByte / bytesPerFrame, to: toByte / bytesPerFrame });
      return { kind: 'lost', fromByte: fromByte - before, toByte: toByte - before };
    }
    if (this.#state === 'open' || this.#isEndSent) return undefined;
    this.#isEndSent = true;
    this.#isEndAsked = true;
    return { kind: 'end-source', atByte: this.buffer.writtenBytes - before };
  }

  take(event: TrackEvent): void {
    const track = this.#tracks[event.channel ?? 0];
    for (const told of track?.take(event, this.#writtenFrames) ?? []) this.#tell(told);
    this.#forget();
  }

  /** The session says that it has told everything of it; one that was not asked for is not its end. */
  takeEnd(): void {
    if (this.#isEndAsked) this.#finish();
  }

  #finish(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    for (const track of this.#tracks) track.told.add({ from: 0, to: this.#writtenFrames });
    this.#forget();
    const end: Omit<EndEvent, 'sequence' | 'sources'> = { kind: 'end', source: this.name };
    this.#tell({ ...end, sources: this.summaries });
  }

  /** Nobody will hear the rest. */
  giveUp(): void {
    if (this.#state === 'ended') return;
    this.#lose({ from: this.#settledFrames, to: this.#writtenFrames });
    this.#finish();
  }

  get #firstByte(): number {
    return this.#firstFrame * this.clock.bytesPerFrame;
  }

  get #writtenFrames(): number {
    return this.buffer.writtenBytes / this.clock.bytesPerFrame;
  }

  get #settledFrames(): number {
    return Math.min(...this.#tracks.map(({ told }) => told.settled));
  }

  #lose(stretch: Stretch): void {
    if (stretch.from >= stretch.to) return;
    for (const event of this.#tracks.flatMap((track) => track.lose(stretch, lostMessage))) this.#tell(event);
    this.#forget();
  }

  #forget(): void {
    this.buffer.settle(this.#settledFrames * this.clock.bytesPerFrame);
  }

  /** What a session before this one has told is silent in what is sent again: nobody is to hear it twice. */
  #withoutTold({ fromByte, audio }: { readonly fromByte: number; readonly audio: Uint8Array }): Uint8Array {
    const from = fromByte / this.clock.bytesPerFrame;
    const stretch = { from, to: from + audio.length / this.clock.bytesPerFrame };
    const silent = this.#tracks.map(({ told }) => told.within(stretch));
    if (silent.every((parts) => parts.length === 0)) return audio;
    const copy = audio.slice();
    for (const [track, parts] of silent.entries()) {
      for (const part of parts) this.clock.silence(copy, from, track, part);
    }
    return copy;
  }
}
