import { createInterface } from 'node:readline';
import { type Clock, systemClock } from '../clock.js';
import { type ExitCode, exitCodeOf } from './exit-code.js';
import { failureText } from './failure.js';
import { Interruption } from './interruption.js';
import { createProgressDisplay, type ProgressDisplay } from './progress.js';

/** What a command talks through: `process`. */
type Streams = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr'>;

/** The two ends of a command: who asked for it, and who reads what it writes. Results are on stdout, all else is on stderr. */
export class Terminal {
  readonly stdin: Streams['stdin'];
  readonly stdout: Streams['stdout'];
  readonly clock: Clock = systemClock;
  readonly display: ProgressDisplay;
  readonly #stderr: Streams['stderr'];
  readonly #verbose: boolean;
  readonly #interruption = new Interruption();

  constructor({ stdin, stdout, stderr }: Streams, verbose: boolean) {
    this.stdin = stdin;
    this.stdout = stdout;
    this.#stderr = stderr;
    this.#verbose = verbose;
    this.display = createProgressDisplay(stderr, this.clock);
  }

  /** Aborted when the work is to stop. */
  get signal(): AbortSignal {
    return this.#interruption.signal;
  }

  /** For work that has to be ended in good order, such as a server's: a signal now gives it so long, and is no failure. */
  endOrderly(withinSeconds: number): void {
    this.#interruption.endOrderly(withinSeconds);
  }

  /** Does the work of a command and says what went wrong. Never rejects. */
  async run(work: (terminal: Terminal) => Promise<ExitCode>): Promise<ExitCode> {
    this.#interruption.listen();
    this.#watchOutput();
    this.#watchWarnings();
    const exitCode = await work(this).catch((error: unknown) => this.report(error));
    this.display.clear();
    return this.#interruption.exitCode ?? exitCode;
  }

  /** Writes a result, unless the work is to stop. */
  print(text: string): void {
    if (text === '' || this.signal.aborted) return;
    this.display.clear();
    this.stdout.write(text);
  }

  printJson(value: unknown): void {
    this.print(`${JSON.stringify(value, undefined, 2)}\n`);
  }

  /** Writes a line beside the results. */
  say(line: string): void {
    this.display.clear();
    this.#stderr.write(`${line}\n`);
  }

  /** Asks for a yes on stdin. Its end, Ctrl-C and all else is a no. */
  ask(question: string): Promise<boolean> {
    this.display.clear();
    this.#stderr.write(question);
    return new Promise((resolve) => {
      // Without `output` it leaves the terminal in its own mode, in which Ctrl-C is a signal.
      const lines = createInterface({ input: this.stdin, signal: this.signal });
      lines.once('line', (answer) => {
        resolve(/^\s*y(es)?\s*$/iu.test(answer));
        lines.close();
      });
      lines.once('close', () => resolve(false));
    });
  }

  /** Says what went wrong, and with what (`subject`), unless it did because the work is to stop. */
  report(error: unknown, subject?: string): ExitCode {
    if (!this.signal.aborted) this.say(failureText(error, subject, this.#verbose));
    return exitCodeOf(error);
  }

  #watchOutput(): void {
    this.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') this.report(error, 'stdout');
      this.#interruption.stop(error.code === 'EPIPE' ? 'stdout-closed' : 'stdout-broken');
    });
    // Nobody is left to tell.
    this.#stderr.on('error', () => undefined);
  }

  /** The engine warns its host, which here is a person: one line, without what Node puts around it. */
  #watchWarnings(): void {
    const others = process.listeners('warning');
    process.removeAllListeners('warning');
    process.on('warning', (warning) => {
      if ('code' in warning && warning.code === 'MODEL_FELL_BACK') this.say(`whisperpool: ${warning.message}`);
      else for (const listener of others) listener(warning);
    });
  }
}
