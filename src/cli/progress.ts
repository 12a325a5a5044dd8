import type { Clock } from '../clock.js';
import type { Progress } from '../session/transcription.js';
import { barLine, plainLine, summaryLine } from './progress-line.js';

/** Where progress is shown: stderr, or something that looks like it. */
interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** The progress of one file. */
interface FileProgress {
  update(progress: Progress): void;
  /** Ends it with one line that says how long the file was and how fast it went. */
  done(durationSeconds: number): void;
  /** Ends it without a word. */
  failed(): void;
}

/** Shows how far the files are: one bar on a terminal, a line now and then elsewhere. */
export interface ProgressDisplay {
  begin(name: string): FileProgress;
  /** Takes the bar off the terminal, so that something else can be written; the next update draws it again. */
  clear(): void;
}

const redrawSeconds = 0.1;
const plainLineSeconds = 2;

/** A bar when `stream` is a terminal, otherwise plain lines. */
export function createProgressDisplay(stream: ProgressStream, clock: Clock): ProgressDisplay {
  return stream.isTTY === true && process.env['TERM'] !== 'dumb'
    ? new TerminalDisplay(stream, clock)
    : new PlainDisplay(stream, clock);
}

class PlainDisplay implements ProgressDisplay {
  readonly #stream: ProgressStream;
  readonly #clock: Clock;

  constructor(stream: ProgressStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
  }

  begin(name: string): FileProgress {
    const startSeconds = this.#clock.nowSeconds();
    let shown = { atSeconds: startSeconds, line: '' };
    return {
      update: (progress) => {
        // The line that ends the file says this and more.
        if (progress.fraction === 1) return;
        const nowSeconds = this.#clock.nowSeconds();
        const line = plainLine(name, progress);
        if (nowSeconds - shown.atSeconds < plainLineSeconds || line === shown.line) return;
        shown = { atSeconds: nowSeconds, line };
        this.#stream.write(`${line}\n`);
      },
      done: (durationSeconds) => {
        this.#stream.write(`${summaryLine(name, durationSeconds, this.#clock.nowSeconds() - startSeconds)}\n`);
      },
      failed: () => undefined,
    };
  }

  clear(): void {
    // A line that is written stays.
  }
}

interface Drawn {
  readonly name: string;
  readonly startSeconds: number;
}

class TerminalDisplay implements ProgressDisplay {
  readonly #stream: ProgressStream;
  readonly #clock: Clock;
  /** In the order in which they began; the first has the bar. */
  readonly #running = new Set<Drawn>();
  #bar: { readonly state: 'hidden' } | { readonly state: 'drawn'; readonly atSeconds: number } = { state: 'hidden' };

  constructor(stream: ProgressStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
  }

  begin(name: string): FileProgress {
    const file: Drawn = { name, startSeconds: this.#clock.nowSeconds() };
    this.#running.add(file);
    return {
      update: (progress) => {
        this.#update(file, progress);
      },
      done: (durationSeconds) => {
        this.#end(file);
        const line = summaryLine(name, durationSeconds, this.#clock.nowSeconds() - file.startSeconds);
        this.#stream.write(`${line}\n`);
      },
      failed: () => {
        this.#end(file);
      },
    };
  }

  clear(): void {
    if (this.#bar.state === 'hidden') return;
    this.#bar = { state: 'hidden' };
    this.#stream.write('\r\u001b[K');
  }

  #update(file: Drawn, progress: Progress): void {
    const [first] = this.#running;
    if (file !== first) return;
    const nowSeconds = this.#clock.nowSeconds();
    if (this.#bar.state === 'drawn' && nowSeconds - this.#bar.atSeconds < redrawSeconds) return;
    this.#bar = { state: 'drawn', atSeconds: nowSeconds };
    const line = barLine(file.name, progress, nowSeconds - file.startSeconds, this.#columns());
    this.#stream.write(`\r${line}\u001b[K`);
  }

  // Serial consoles and some containers report a width of 0 when they do not know theirs.
  #columns(): number {
    const { columns = 0 } = this.#stream;
    return columns > 0 ? columns : 80;
  }

  #end(file: Drawn): void {
    this.#running.delete(file);
    this.clear();
  }
}
