import { describe, EngineError } from '../../errors.js';
import type { Chunk } from '../recognition.js';
import { answerOf, type CheckedAnswer } from './answer-check.js';
import { ChildProgram, type ProgramOptions } from './child-program.js';
import { Exchange } from './exchange.js';
import { Heartbeat } from './heartbeat.js';
import type { OpenedModel } from './held-model.js';
import type { ProcessDecode } from './process-decode.js';
import type { Hello, ModelSettings } from './protocol.js';

/** Lines in a row that are no answers: what chatty libraries print is forgiven. */
const mostStrayLines = 20;

export interface ChildOptions extends Omit<ProgramOptions, 'onLine' | 'onDrain'> {
  readonly name: string;
  /** For `hello`, and for how long a model that is being opened may keep the process silent. */
  readonly startTimeoutSeconds: number;
  readonly heartbeatSeconds: number;
  readonly silenceSeconds: number;
}

export interface ChildEvents {
  /** It may take a decode again. */
  readonly onRoom: () => void;
  /** It is gone, and everything that was asked of it has failed. */
  readonly onDeath: (death: ChildDeath) => void;
}

export interface ChildDeath {
  readonly reason: string;
  readonly bornAtSeconds: number;
  readonly diedAtSeconds: number;
  readonly servedDecodes: number;
  /** What was being decoded. */
  readonly chunks: readonly Chunk[];
}

/** One life of a provider's process. */
export class ProviderChild {
  /** @throws EngineError `PROVIDER_UNAVAILABLE` when it died first */
  readonly hello: Promise<Hello>;
  readonly #options: ChildOptions;
  readonly #events: ChildEvents;
  readonly #program: ChildProgram;
  readonly #exchange: Exchange;
  readonly #bornAtSeconds: number;
  readonly #cancelStart: () => void;
  #strayLines = 0;
  #greeting: Hello | undefined;
  #heartbeat: Heartbeat | undefined;
  #greet: (hello: Hello) => void = () => undefined;
  #refuse: (error: Error) => void = () => undefined;

  constructor(options: ChildOptions, events: ChildEvents) {
    this.#options = options;
    this.#events = events;
    const { clock, startTimeoutSeconds } = options;
    this.#bornAtSeconds = clock.nowSeconds();
    this.hello = new Promise((resolve, reject) => {
      this.#greet = resolve;
      this.#refuse = reject;
    });
    this.hello.catch(() => undefined);
    this.#program = new ChildProgram({ ...options, onLine: (line) => this.#read(line), onDrain: events.onRoom });
    this.#exchange = new Exchange({
      clock,
      provider: () => this.#greeting?.provider ?? options.name,
      send: (request, bytes) => this.#program.send(JSON.stringify(request), bytes),
      kill: (because) => this.kill(because),
    });
    const late = () => this.kill(`did not say hello within ${startTimeoutSeconds} s`);
    this.#cancelStart = clock.after(startTimeoutSeconds, late);
    void this.#program.ended.then((reason) => this.#died(reason));
  }

  get pid(): number | undefined {
    return this.#program.pid;
  }

  /** Those included whose outcome nobody waits for any more. */
  get decodes(): readonly ProcessDecode[] {
    return this.#exchange.decodes;
  }

  /** Whether it may be given one more decode. */
  get hasRoom(): boolean {
    const credit = this.#greeting?.credit ?? 0;
    return this.decodes.length < credit && !this.#program.isFull;
  }

  open(model: ModelSettings): Promise<OpenedModel> {
    return this.#exchange.open(model);
  }

  close(model: OpenedModel): Promise<void> {
    return this.#exchange.close(model);
  }

  decode(decode: ProcessDecode): void {
    this.#exchange.decode(decode, decode.model.opened);
  }

  /** @param because - goes on after “It was killed, because it …” */
  kill(because: string): void {
    this.#program.kill(because);
  }

  /** Asks it to end, and sees to it that it does. */
  async end(): Promise<void> {
    this.#heartbeat?.stop();
    this.#program.end();
    await this.#program.ended;
  }

  #read(line: string): void {
    this.#heartbeat?.heard();
    const problem = line.startsWith('{') ? this.#takeAnswer(line) : this.#takeStray(line);
    if (problem !== undefined) this.kill(problem);
    else this.#events.onRoom();
  }

  /** @returns why it is to be killed */
  #takeStray(line: string): string | undefined {
    this.#program.remember(line);
    this.#strayLines += 1;
    if (this.#strayLines <= mostStrayLines) return undefined;
    return `wrote ${this.#strayLines} lines in a row that are no answers`;
  }

  #takeAnswer(line: string): string | undefined {
    this.#strayLines = 0;
    const problem = this.#take(line);
    return problem && `gave an answer that cannot be used: ${problem}: ${line.slice(0, 120)}`;
  }

  /** @returns what is wrong with it */
  #take(line: string): string | undefined {
    let answer: CheckedAnswer;
    try {
      answer = answerOf(line);
    } catch (error) {
      return describe(error);
    }
    if (answer.kind !== 'hello') return this.#exchange.take(answer);
    if (this.#greeting) return 'a second hello';
    this.#begin(answer);
    return undefined;
  }

  #begin(hello: Hello): void {
    const { clock, heartbeatSeconds, silenceSeconds, startTimeoutSeconds } = this.#options;
    this.#greeting = hello;
    this.#cancelStart();
    this.#heartbeat = new Heartbeat({
      clock,
      everySeconds: heartbeatSeconds,
      // Python, for one, holds its lock while it loads a library.
      silenceSeconds: () => (this.#exchange.isOpening ? startTimeoutSeconds : silenceSeconds),
      ping: () => this.#exchange.ping(),
      onSilence: (silentSeconds) => this.kill(`was silent for ${silentSeconds.toFixed(1)} s`),
    });
    this.#greet(hello);
  }

  #died(reason: string): void {
    const { clock, name } = this.#options;
    this.#cancelStart();
    this.#heartbeat?.stop();
    const chunks = this.decodes.map((decode) => decode.chunk);
    this.#refuse(new EngineError('PROVIDER_UNAVAILABLE', `${name} did not start. ${reason}`));
    this.#exchange.fail(new EngineError('WORKER_DIED', `The process of ${name} ended while it had work. ${reason}`));
    this.#events.onDeath({
      reason,
      bornAtSeconds: this.#bornAtSeconds,
      diedAtSeconds: clock.nowSeconds(),
      servedDecodes: this.#exchange.servedDecodes,
      chunks,
    });
  }
}
