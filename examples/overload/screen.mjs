import { frame, line } from './view.mjs';

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

/** @type {import('./view.mjs').Paint} */
const colours = {
  bold: (text) => `\x1b[1m${text}\x1b[22m`,
  dim: (text) => `\x1b[2m${text}\x1b[22m`,
  red: (text) => `\x1b[31m${text}\x1b[39m`,
  yellow: (text) => `\x1b[33m${text}\x1b[39m`,
  green: (text) => `\x1b[32m${text}\x1b[39m`,
};

/** Where the demo shows what happens: redrawn in place on a terminal, a line a second elsewhere. */
export class Screen {
  #output;
  #isTerminal;
  #paint;
  #entriesShown = 0;
  #restore = () => this.close();
  /** @type {readonly string[]} */
  #last = [];
  #isOpen = false;

  /** @param {NodeJS.WriteStream} output */
  constructor(output) {
    this.#output = output;
    this.#isTerminal = output.isTTY && process.env['TERM'] !== 'dumb';
    this.#paint = process.env['NO_COLOR'] ? undefined : colours;
  }

  /** How often there is something new to show. */
  get everyMs() {
    return this.#isTerminal ? 250 : 1000;
  }

  /** What is said before and after the view. @param {string} text */
  say(text) {
    this.#output.write(`${text}\n`);
  }

  /** @param {import('./view.mjs').Look} look */
  show(look) {
    if (!this.#isTerminal) {
      for (const entry of look.entries.slice(this.#entriesShown)) {
        this.say(`${entry.seconds.toFixed(0)} s  RUNG ${entry.from} → ${entry.to}: ${entry.reason}`);
      }
      this.#entriesShown = look.entries.length;
      this.say(line(look));
      return;
    }
    if (!this.#isOpen) this.#open();
    const { columns, rows } = this.#output;
    // The last column stays free: where it is written, clearing the rest of the line would take it away.
    this.#last = frame(look, { columns: columns - 1, rows, paint: this.#paint });
    this.#output.write(`\x1b[H${this.#last.map((text) => `${text}\x1b[K\n`).join('')}\x1b[J`);
  }

  /** The terminal as it was, below it the last view. */
  close() {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.off('exit', this.#restore);
    this.#output.write(`${LEAVE}${this.#last.map((text) => `${text}\n`).join('')}\n`);
  }

  #open() {
    this.#isOpen = true;
    process.once('exit', this.#restore);
    this.#output.write(ENTER);
  }
}
