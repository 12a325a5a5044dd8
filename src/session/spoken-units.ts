import { separatesWords } from '../provider/words.js';

/**
 * A text in the units that two hypotheses are compared by: words, or characters in languages that do not separate
 * words. Marks without a letter or digit belong to the unit before them, at the very beginning to the one after them;
 * a text of such marks alone has no units.
 */
export function unitsOf(text: string, language: string): readonly string[] {
  return separatesWords(language) ? wordsOf(text) : charactersOf(text);
}

/** Units as a text again. */
export function joinedUnits(units: readonly string[], language: string): string {
  return units.join(separatesWords(language) ? ' ' : '').trim();
}

/** A unit as it sounds: case and punctuation make no difference. */
export function normalisedUnit(unit: string): string {
  return unit
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}]/gu, '');
}

function wordsOf(text: string): readonly string[] {
  const units: string[] = [];
  let opening = '';
  for (const part of text.split(/\s+/u)) {
    if (isSpoken(part)) {
      units.push(`${opening}${part}`);
      opening = '';
    } else if (part !== '') {
      const before = units.pop();
      if (before === undefined) opening += `${part} `;
      else units.push(`${before} ${part}`);
    }
  }
  return units;
}

function charactersOf(text: string): readonly string[] {
  const units: string[] = [];
  let opening = '';
  for (const part of text) {
    const before = isSpoken(part) || isSpace(part) ? undefined : units.pop();
    if (isSpoken(part)) {
      units.push(`${opening}${part}`);
      opening = '';
    } else if (before === undefined) opening += part;
    // A space waits for what follows it, so that a unit is the same at the end of a text and within it.
    else units.push(`${before}${opening}${part}`);
    if (before !== undefined) opening = '';
  }
  return units;
}

function isSpoken(part: string): boolean {
  return /[\p{L}\p{N}]/u.test(part);
}

function isSpace(part: string): boolean {
  return /\s/u.test(part);
}
