import { EngineError } from '../errors.js';

/**
 * The value of an option that has a few choices; the first is its default.
 * @throws EngineError `OPTION_INVALID`
 */
export function oneOf<Choice extends string>(
  name: string,
  choices: readonly [Choice, ...Choice[]],
  value: Choice | undefined,
): Choice {
  const chosen = value ?? choices[0];
  if (choices.includes(chosen)) return chosen;
  throw new EngineError('OPTION_INVALID', `\`${name}\` is ${chosen}; it must be one of ${choices.join(', ')}.`);
}
