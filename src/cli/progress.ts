import type { Clock } from '../clock.js';
import { barLine, plainLine, type Reading } from './progress-line.js';

/** Where progress is shown: stderr, or something that looks like it. */
interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Something that takes a while: a file to transcribe, to download. */
export interface Work {
  update(reading: Reading): void;
  /** Ends it, with a line that says what came of it. */
  end(line?: string): void;
}

/** Shows how far the work is: one bar on a terminal, a line now and then elsewhere. */
export interface ProgressDisplay {
  begin(name: string): Work;
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

  begin(name: string): Work {
    let shown = { atSeconds: this.#clock.nowSeconds(), line: '' };
    return {
      update: (reading) => {
        // The line that ends the work says this and more.
        if (reading.fraction === 1) return;
        const nowSeconds = this.#clock.nowSeconds();
        const line = plainLine(name, reading);
        if (nowSeconds - shown.atSeconds < plainLineSeconds || line === shown.line) return;
        shown = { atSeconds: nowSeconds, line };
        this.#stream.write(`${line}\n`);
      },
      end: (line) => {
        if (line !== undefined) this.#stream.write(`${line}\n`);
      },
    };
  }

  clear(): void {
    // A line that is written stays.
  }
}

class TerminalDisplay implements ProgressDisplay {
  readonly #stream: ProgressStream;
  readonly #clock: Clock;
  /** In the order in which they began; the first has the bar. */
  readonly #running = new Set<Work>();
  #bar: { readonly state: 'hidden' } | { readonly state: 'drawn'; readonly atSeconds: number } = { state: 'hidden' };

  constructor(stream: ProgressStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
  }

  begin(name: string): Work {
    const work: Work = {
      update: (reading) => {
        const [first] = this.#running;
        if (work === first) this.#draw(name, reading);
      },
      end: (line) => {
        this.#running.delete(work);
        this.clear();
        if (line !== undefined) this.#stream.write(`${line}\n`);
      },
    };
    this.#running.add(work);
    return work;
  }

  clear(): void {
    if (this.#bar.state === 'hidden') return;
    this.#bar = { state: 'hidden' };
    this.#stream.write('\r\u001b[K');
  }

  #draw(name: string, reading: Reading): void {
    const nowSeconds = this.#clock.nowSeconds();
    if (this.#bar.state === 'drawn' && nowSeconds - this.#bar.atSeconds < redrawSeconds) return;
    this.#bar = { state: 'drawn', atSeconds: nowSeconds };
    this.#stream.write(`\r${barLine(name, reading, this.#columns())}\u001b[K`);
  }

  // Serial consoles and some containers report a width of 0 when they do not know theirs.
  #columns(): number {
    const { columns = 0 } = this.#stream;
    return columns > 0 ? columns : 80;
  }
}
