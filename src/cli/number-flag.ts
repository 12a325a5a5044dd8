import { InvalidArgumentError } from 'commander';

/** Reads the value of a flag that is a whole number, `least` or more. */
export function leastNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`It is a whole number from ${least}.`);
  };
}
