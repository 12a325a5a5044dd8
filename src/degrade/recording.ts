import type { Clock } from '../clock.js';
import type { Ended } from '../session/teller.js';
import type { RungChange } from './policy.js';
import { lineOf } from './recording-lines.js';
import type { RecordedLook, TickLine } from './recording-look.js';
import { MachineNotes } from './recording-machine.js';
import { SourceNotes } from './recording-sources.js';
import type { ServiceTimes } from './service-time.js';
import type { WatchedSource } from './source-watch.js';

export interface RecordingOptions {
  readonly clock: Clock;
  readonly slots: number;
  /** Its name. */
  readonly policy: string;
  readonly serviceTimes: ServiceTimes;
  readonly limitSeconds: number;
  /** Called once. */
  readonly onEnd: () => void;
}

/** Some 40 MB of ticks; sources that speak are less. */
const mostLines = 50_000;

/**
 * What an engine's load was, what its machine could do, and what its ladder decided; no audio, no texts, no names. Made by
 * `engine.record`.
 */
export class Recording implements Disposable {
  readonly #options: RecordingOptions;
  readonly #startSeconds: number;
  readonly #lines: object[] = [];
  readonly #sources: SourceNotes;
  readonly #machine: MachineNotes;
  #lastChange: RungChange | undefined;
  /** Undefined while it goes on. */
  #text: string | undefined;

  /** @internal Use `engine.record`. */
  constructor(options: RecordingOptions) {
    const { clock, slots, serviceTimes } = options;
    this.#options = options;
    this.#startSeconds = clock.nowSeconds();
    this.#sources = new SourceNotes(this.#startSeconds, (event) => this.#lines.push(event));
    this.#machine = new MachineNotes(slots, serviceTimes);
  }

  /** Whether it was stopped, or has come to its limit. */
  get hasEnded(): boolean {
    return this.#text !== undefined;
  }

  /** Ends it. @returns JSON lines, for a file; the same again when it has ended already */
  stop(): string {
    return this.#text ?? this.#end('stopped', this.#options.clock.nowSeconds());
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  /** @internal */
  looked(look: RecordedLook): void {
    const { snapshot, decision, isPinned, history, sources } = look;
    if (!this.#hasRoom()) return;
    const isFirst = this.#machine.line === undefined;
    this.#machine.looked(look);
    this.#sources.looked(sources, snapshot.atSeconds);
    if (isFirst) for (const before of history.snapshots) if (before !== snapshot) this.#addTick({ snapshot: before });
    const changes = history.changes.slice(this.#lastChange ? history.changes.lastIndexOf(this.#lastChange) + 1 : 0);
    this.#lastChange = changes.at(-1) ?? this.#lastChange;
    this.#addTick({
      snapshot,
      decision,
      ...(isPinned && { isPinned }),
      ...(changes.length > 0 && { changes }),
    });
  }

  /** @internal */
  heard(source: WatchedSource, channel: number | undefined, ended: Ended): void {
    if (this.#hasRoom()) this.#sources.heard(source, channel, ended, this.#options.clock.nowSeconds());
  }

  #addTick(tick: Omit<TickLine, 'kind' | 'atSeconds'>): void {
    const line: TickLine = { kind: 'tick', atSeconds: tick.snapshot.atSeconds - this.#startSeconds, ...tick };
    this.#lines.push(line);
  }

  #hasRoom(): boolean {
    const nowSeconds = this.#options.clock.nowSeconds();
    const isFull = nowSeconds - this.#startSeconds > this.#options.limitSeconds || this.#lines.length >= mostLines;
    if (isFull && !this.hasEnded) this.#end('limit', nowSeconds);
    return !this.hasEnded;
  }

  #end(end: 'stopped' | 'limit', nowSeconds: number): string {
    this.#sources.end(nowSeconds);
    const { policy, onEnd } = this.#options;
    const head = { kind: 'trace', seconds: nowSeconds - this.#startSeconds, policy, end };
    const machine = this.#machine.line;
    const text = [head, ...(machine ? [machine] : []), ...this.#lines].map(lineOf).join('');
    this.#text = text;
    this.#lines.length = 0;
    onEnd();
    return text;
  }
}
