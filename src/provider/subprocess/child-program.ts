import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../../clock.js';
import { describe } from '../../errors.js';
import { LastWords } from './last-words.js';
import { LineReader } from './line-reader.js';

/** Between each of: the end of its input, SIGTERM, SIGKILL. */
const politeSeconds = 2;
/** A stream that ends belongs to a process that ends, mostly; and a process that ended may have left its pipes to another. */
const lingerSeconds = 0.5;

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** All of it: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string | undefined;
  readonly lineLimitBytes: number;
  readonly clock: Clock;
  readonly onLine: (line: string) => void;
  /** Its input takes more again. */
  readonly onDrain: () => void;
}

/** One run of a program: lines and bytes go in, lines come out, and in the end there is one sentence about why it ended. */
export class ChildProgram {
  /** Resolves with why, when the process is gone and its pipes are closed. */
  readonly ended: Promise<string>;
  readonly pid: number | undefined;
  readonly #lastWords = new LastWords();
  readonly #options: ProgramOptions;
  readonly #child: ChildProcess | undefined;
  readonly #cancels: (() => void)[] = [];
  #killedBecause: string | undefined;
  #exit: string | undefined;
  #over: (reason: string) => void = () => undefined;

  constructor(options: ProgramOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#over = resolve;
    });
    try {
      this.#child = this.#spawn();
      this.pid = this.#child.pid;
    } catch (error) {
      this.#over(`It could not be started: ${describe(error)}.`);
    }
  }

  /** Whether it has more to read than its pipe holds. */
  get isFull(): boolean {
    return this.#child?.stdin?.writableNeedDrain === true;
  }

  /** Writes a line, and bytes behind it. The bytes are read until the process has them. */
  send(line: string, bytes?: Uint8Array): void {
    const stdin = this.#child?.stdin;
    if (!stdin?.writable) return;
    stdin.cork();
    stdin.write(`${line}\n`);
    if (bytes && bytes.length > 0) stdin.write(bytes);
    stdin.uncork();
  }

  /** Something that was lost on its output: it belongs to its last words. */
  remember(line: string): void {
    this.#lastWords.push(Buffer.from(`${line}\n`));
  }

  /** @param because - goes on after “It was killed, because it …” */
  kill(because: string): void {
    if (this.#exit !== undefined) return;
    this.#killedBecause ??= because;
    // What it still says is of no use, and could be without end.
    this.#child?.stdout?.destroy();
    this.#child?.kill('SIGKILL');
  }

  /** Asks it to end: it sees the end of its input. What does not end then is ended. */
  end(): void {
    this.#child?.stdin?.end();
    this.#after(politeSeconds, () => this.#child?.kill('SIGTERM'));
    this.#after(2 * politeSeconds, () => this.kill('did not end when it was asked to'));
  }

  #spawn(): ChildProcess {
    const { command, args, env, folder, clock, onDrain } = this.#options;
    const child = spawn(command, args, { env, cwd: folder, stdio: 'pipe', shell: false, windowsHide: true });
    child.unref();
    for (const pipe of [child.stdin, child.stdout, child.stderr]) unref(pipe);
    child.on('error', (error) => {
      if (child.pid === undefined) this.#finish(`It could not be started: ${describe(error)}.`);
    });
    child.once('exit', (code, signal) => {
      this.#exit = exitSentence(code, signal);
      // Another process may hold its pipes open for ever.
      this.#cancels.push(clock.after(lingerSeconds, () => this.#finish()));
    });
    child.once('close', () => this.#finish());
    // Its end says more than a broken pipe.
    child.stdin.on('error', () => this.#suspect('closed its standard input'));
    child.stdin.on('drain', onDrain);
    this.#readLines(child.stdout);
    child.stderr.on('data', (bytes: Buffer) => this.#lastWords.push(bytes));
    child.stderr.on('error', () => undefined);
    return child;
  }

  #readLines(stdout: Readable): void {
    const { lineLimitBytes, onLine } = this.#options;
    const reader = new LineReader(lineLimitBytes);
    stdout.on('data', (bytes: Buffer) => {
      for (const line of reader.push(bytes)) {
        if (this.#killedBecause !== undefined) return;
        onLine(line);
      }
      if (reader.isOverfull) this.kill(`wrote a line of more than ${lineLimitBytes} bytes`);
    });
    stdout.on('end', () => this.#suspect('closed its standard output'));
    stdout.on('error', () => undefined);
  }

  #suspect(because: string): void {
    this.#after(lingerSeconds, () => this.kill(because));
  }

  #after(seconds: number, act: () => void): void {
    if (this.#exit === undefined) this.#cancels.push(this.#options.clock.after(seconds, act));
  }

  #finish(reason?: string): void {
    for (const cancel of this.#cancels) cancel();
    for (const pipe of [this.#child?.stdin, this.#child?.stdout, this.#child?.stderr]) pipe?.destroy();
    const because = this.#killedBecause === undefined ? undefined : `It was killed, because it ${this.#killedBecause}.`;
    const words = this.#lastWords.toString();
    const ending = reason ?? because ?? this.#exit ?? 'It ended.';
    this.#over(words === '' ? ending : `${ending} Its last words: ${words}`);
  }
}

/** The pipes of a child are sockets in Node, whatever their types say. */
function unref(pipe: Readable | Writable): void {
  (pipe as Socket).unref();
}

function exitSentence(code: number | null, signal: NodeJS.Signals | null): string {
  switch (signal) {
    case null:
      return `It ended by itself with exit code ${String(code)}.`;
    case 'SIGILL':
      return 'It was ended by SIGILL: it uses an instruction that this CPU does not have.';
    case 'SIGKILL':
      return 'It was ended by SIGKILL, by somebody or because memory ran out.';
    default:
      return `It was ended by ${signal}.`;
  }
}
