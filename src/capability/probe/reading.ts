import { type Fact, unknown } from '../machine.js';
import { patienceSeconds, type Readers, type SystemInformation } from './readers.js';

/** A file, folder or program that is not there; everything else that goes wrong is another error. */
class Absent extends Error {}

/**
 * One look at a machine: everything is read at most once, and nothing is waited for beyond one common moment, so that
 * a hanging file or program costs the probe its answer and never the caller's time.
 */
export class Reading {
  readonly #readers: Readers;
  readonly #answers = new Map<string, Promise<unknown>>();
  readonly #timeIsUp: Promise<void>;
  #isLate = false;
  readonly #waitSeconds: number;
  /** Ends the waiting; nothing may be read afterwards. */
  readonly end: () => void;

  constructor(readers: Readers) {
    this.#readers = readers;
    // There systeminformation starts PowerShell, which alone can take more than a second.
    this.#waitSeconds = readers.platform === 'win32' ? 5 * patienceSeconds : patienceSeconds;
    let timeIsUp: () => void;
    this.#timeIsUp = new Promise((resolve) => {
      timeIsUp = resolve;
    });
    this.end = readers.clock.after(this.#waitSeconds, () => {
      this.#isLate = true;
      timeIsUp();
    });
  }

  get platform(): string {
    return this.#readers.platform;
  }

  get architecture(): string {
    return this.#readers.architecture;
  }

  get environment(): Readers['environment'] {
    return this.#readers.environment;
  }

  get os(): Readers['os'] {
    return this.#readers.os;
  }

  /** Of a file. @throws Error with the path and the reason. */
  text(path: string): Promise<string> {
    return this.#answer(path, () => this.#readers.readText(path));
  }

  /** Of a file, or undefined where there is none. @throws Error when it is there and cannot be read. */
  textIfThere(path: string): Promise<string | undefined> {
    return orAbsent(this.text(path));
  }

  /** The texts of many files at once, as a function that gives undefined for those that are not there. */
  async texts(paths: readonly string[]): Promise<(path: string) => string | undefined> {
    const read = new Map(await Promise.all(paths.map(async (path) => [path, await this.textIfThere(path)] as const)));
    return (path) => read.get(path);
  }

  /** The names in a folder. @throws Error with the folder and the reason. */
  list(folder: string): Promise<readonly string[]> {
    return this.#answer(`${folder}/`, () => this.#readers.list(folder));
  }

  /** The names in a folder, none where there is no such folder. */
  async listIfThere(folder: string): Promise<readonly string[]> {
    return (await orAbsent(this.list(folder))) ?? [];
  }

  /** What a program prints. @throws Error with its name and the reason. */
  run(program: string, ...programArguments: string[]): Promise<string> {
    return this.#answer(program, () => this.#readers.run(program, programArguments));
  }

  /** @throws Error with the name of the question and the reason. */
  ask<Name extends keyof SystemInformation>(name: Name): Promise<Awaited<ReturnType<SystemInformation[Name]>>>;
  ask(name: keyof SystemInformation): Promise<unknown> {
    return this.#answer<unknown>(`systeminformation.${name}`, () => this.#readers.system[name]());
  }

  #answer<Answer>(source: string, read: () => Promise<Answer>): Promise<Answer> {
    const answer = this.#answers.get(source) ?? this.#inTime(source, read);
    this.#answers.set(source, answer);
    return answer as Promise<Answer>;
  }

  async #inTime<Answer>(source: string, read: () => Promise<Answer>): Promise<Answer> {
    const giveUp = () => {
      throw new Error(`${source}: no answer within ${this.#waitSeconds} s`);
    };
    return this.#isLate ? giveUp() : Promise.race([refusing(source, read), this.#timeIsUp.then(giveUp)]);
  }
}

/** One way to find something out. It may throw: the reason becomes that of the unknown fact. */
export type Attempt<Value> = (reading: Reading) => Fact<Value> | Promise<Fact<Value>>;

/** What the first of the attempts that knows it says; where none does, all their reasons. Never throws. */
export async function firstKnown<Value>(reading: Reading, attempts: readonly Attempt<Value>[]): Promise<Fact<Value>> {
  const reasons = new Set<string>();
  for (const attempt of attempts) {
    try {
      const fact = await attempt(reading);
      if (fact.kind === 'known') return fact;
      reasons.add(fact.reason);
    } catch (error) {
      reasons.add(error instanceof Error ? error.message : String(error));
    }
  }
  return unknown([...reasons].join('; '));
}

async function orAbsent<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Absent) return undefined;
    throw error;
  }
}

async function refusing<Answer>(source: string, read: () => Promise<Answer>): Promise<Answer> {
  try {
    return await read();
  } catch (error) {
    throw refusal(source, error);
  }
}

function refusal(source: string, error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new Absent(`${source}: not there`);
    case 'EACCES':
    case 'EPERM':
      return new Error(`${source}: may not be read by this user`);
    default:
      return new Error(`${source}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
