import { EngineError } from '../../errors.js';

/** Reads what may be anything. `at` is where it stands, for the sentence. @throws EngineError `PROTOCOL_BROKEN` */
export type Read<T> = (value: unknown, at: string) => T;

/** A field that need not be there is read as undefined, and left out. */
type Fields<T> = {
  readonly [Key in keyof T]-?: Pick<T, Key> extends Required<Pick<T, Key>> ? Read<T[Key]> : Read<T[Key] | undefined>;
};

/** An object with these fields and no others. */
export function shape<T extends object>(fields: Fields<T>): Read<T> {
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw broken(at, 'an object');
    const unknown = Object.keys(value).find((key) => !Object.hasOwn(fields, key));
    if (unknown !== undefined) {
      const known = Object.keys(fields).join(', ');
      throw new EngineError('PROTOCOL_BROKEN', `${at} has no field ${shown(unknown)}. It can have ${known}.`);
    }
    const entries = Object.entries<Read<unknown>>(fields)
      .map(([key, read]) => [key, read((value as Record<string, unknown>)[key], `${at}.${key}`)] as const)
      .filter(([, field]) => field !== undefined);
    return Object.fromEntries(entries) as T;
  };
}

export function optional<T>(read: Read<T>): Read<T | undefined> {
  return (value, at) => (value === undefined ? undefined : read(value, at));
}

/** A word or a line: what stands in logs and events, and so has no control characters. */
export function line(mostCharacters: number): Read<string> {
  const read = text(mostCharacters);
  return (value, at) => {
    const line = read(value, at);
    if (/\p{Cc}/u.test(line)) throw broken(at, 'a text without control characters');
    return line;
  };
}

export function text(mostCharacters: number): Read<string> {
  return (value, at) => {
    if (typeof value === 'string' && value.length <= mostCharacters) return value;
    throw broken(at, `a text of at most ${mostCharacters} characters`);
  };
}

export const number: Read<number> = (value, at) => {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw broken(at, 'a number');
};

export const whole: Read<number> = (value, at) => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw broken(at, 'a whole number from 0');
};

export const yesOrNo: Read<boolean> = (value, at) => {
  if (typeof value === 'boolean') return value;
  throw broken(at, 'true or false');
};

/** This value and no other. */
export function exactly<const Value extends string | number | boolean>(wanted: Value): Read<Value> {
  return (value, at) => {
    if (value === wanted) return wanted;
    throw broken(at, JSON.stringify(wanted));
  };
}

/** What the first of them that can reads. */
export function either<const Reads extends readonly Read<unknown>[]>(
  what: string,
  ...reads: Reads
): Read<ReturnType<Reads[number]>> {
  return (value, at) => {
    for (const read of reads) {
      try {
        return read(value, at) as ReturnType<Reads[number]>;
      } catch {
        // The next may.
      }
    }
    throw broken(at, what);
  };
}

export function oneOf<const Choice extends string>(...choices: readonly Choice[]): Read<Choice> {
  return (value, at) => {
    const chosen = choices.find((choice) => choice === value);
    if (chosen !== undefined) return chosen;
    throw broken(at, `one of ${choices.join(', ')}`);
  };
}

function broken(at: string, wanted: string): EngineError {
  return new EngineError('PROTOCOL_BROKEN', `${at} must be ${wanted}.`);
}

/** What somebody sent, in a sentence. */
function shown(sent: string): string {
  return JSON.stringify(sent.slice(0, 40));
}
