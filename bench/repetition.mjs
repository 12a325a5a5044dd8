import { englishText, plainText } from './normalise.mjs';

// Six words: `what your country can do` is five, and a man who meant it said them twice.
const PHRASE_WORDS = 6;
const PHRASE_CHARACTERS = 9;
const WITHOUT_SPACES = new Set(['ja', 'zh', 'th', 'lo', 'my', 'km']);

/**
 * What `hypothesis` says more often than `reference` does, the mark of a decoder that ran into a loop: whole
 * sentences, and phrases of six words (nine characters where words are not separated) whatever the punctuation.
 *
 * @param {string} reference
 * @param {string} hypothesis
 * @param {string} language two-letter code
 * @returns {string[]} normalised; empty when nothing is repeated
 */
export function repetitions(reference, hypothesis, language) {
  const normalise = language === 'en' ? englishText : plainText;
  return [
    ...saidTooOften(sentencesOf(reference, normalise), sentencesOf(hypothesis, normalise)),
    ...saidTooOften(phrasesOf(normalise(reference), language), phrasesOf(normalise(hypothesis), language)),
  ];
}

/**
 * @param {readonly string[]} expected
 * @param {readonly string[]} heard
 */
function saidTooOften(expected, heard) {
  const allowed = countOf(expected);
  return [...countOf(heard)]
    .filter(([item, count]) => count > Math.max(1, allowed.get(item) ?? 0))
    .map(([item]) => item);
}

/**
 * @param {string} text
 * @param {(text: string) => string} normalise
 */
function sentencesOf(text, normalise) {
  return text
    .split(/[.!?。！？]+/u)
    .map(normalise)
    .filter((sentence) => sentence !== '');
}

/**
 * @param {string} normalised
 * @param {string} language
 */
function phrasesOf(normalised, language) {
  const byCharacter = WITHOUT_SPACES.has(language);
  const units = byCharacter ? [...normalised.replaceAll(' ', '')] : normalised.split(' ');
  const length = byCharacter ? PHRASE_CHARACTERS : PHRASE_WORDS;
  return units.slice(length - 1).map((_, i) => units.slice(i, i + length).join(byCharacter ? '' : ' '));
}

/** @param {readonly string[]} items */
function countOf(items) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
