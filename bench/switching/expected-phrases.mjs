import { englishText } from '../normalise.mjs';

/**
 * What must be in every transcript of a recording, whichever model decodes which piece of it: of each sentence the
 * longest run of words that all models find.
 *
 * @param {string} reference
 * @param {readonly string[]} texts what each model makes of it
 * @returns {string[]} normalised; none for a sentence of which no two words in a row are certain
 */
export function expectedPhrases(reference, texts) {
  const found = texts.map(padded);
  const isCertain = (/** @type {string} */ phrase) => found.every((text) => text.includes(` ${phrase} `));
  return reference
    .split(/(?<=[.?!]) /)
    .flatMap((sentence) => longestRun(englishText(sentence).split(' '), isCertain) ?? []);
}

/**
 * @param {string} text
 * @param {readonly string[]} phrases
 * @returns {string[]} the phrases that `text` lacks
 */
export function missingPhrases(text, phrases) {
  const said = padded(text);
  return phrases.filter((phrase) => !said.includes(` ${phrase} `));
}

/** @param {string} text */
const padded = (text) => ` ${englishText(text)} `;

/**
 * @param {readonly string[]} words
 * @param {(phrase: string) => boolean} isCertain
 */
function longestRun(words, isCertain) {
  for (let length = words.length; length >= 2; length -= 1) {
    for (let start = 0; start + length <= words.length; start += 1) {
      const phrase = words.slice(start, start + length).join(' ');
      if (isCertain(phrase)) return phrase;
    }
  }
  return undefined;
}
