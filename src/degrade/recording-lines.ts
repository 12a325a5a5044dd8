import { EngineError } from '../errors.js';

export type Fields = Readonly<Record<string, unknown>>;

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly fields: Fields;
}

/** What JSON has no numbers for, as words. */
const words: ReadonlyMap<unknown, number> = new Map([
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['NaN', Number.NaN],
]);

/** One object as a line. A number that JSON does not have is a word: "Infinity", "-Infinity" or "NaN". */
export function lineOf(value: object): string {
  const text = JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'number' && !Number.isFinite(part) ? String(part) : part,
  );
  return `${text}\n`;
}

/** What is made of numbers only, as it was before `lineOf`. */
export function withNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNumbers);
  if (typeof value !== 'object' || value === null) return words.get(value) ?? value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withNumbers(part)]));
}

/**
 * The objects of JSON lines.
 * @throws EngineError `OPTION_INVALID` with the number of the line
 */
export function readLines(lines: string): readonly Line[] {
  return lines
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, number }) => ({ number, fields: parsed(line, number) }));
}

export function invalidLine(number: number, why: string, cause?: unknown): EngineError {
  return new EngineError('OPTION_INVALID', `Line ${number} of the trace cannot be used: ${why}.`, { cause });
}

function parsed(line: string, number: number): Fields {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Fields;
  } catch (error) {
    throw invalidLine(number, 'it is no JSON', error);
  }
  throw invalidLine(number, 'it is no object');
}
