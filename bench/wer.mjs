import { englishText, plainText } from './normalise.mjs';

/**
 * Edits between two sequences: substitutions, insertions and deletions together (Levenshtein).
 *
 * @template T
 * @param {readonly T[]} reference
 * @param {readonly T[]} hypothesis
 * @returns {number}
 */
export function editDistance(reference, hypothesis) {
  let row = Array.from({ length: hypothesis.length + 1 }, (_, i) => i);
  reference.forEach((expected, i) => {
    const next = [i + 1];
    hypothesis.forEach((heard, j) => {
      const substituted = (row[j] ?? 0) + (expected === heard ? 0 : 1);
      next.push(Math.min(substituted, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    });
    row = next;
  });
  return row[hypothesis.length] ?? 0;
}

/**
 * Errors against the length of the reference. Counts add up over clips; rates do not.
 *
 * @typedef {object} ErrorCount
 * @property {number} edits
 * @property {number} length words or characters of the reference
 */

/**
 * Word errors after normalisation for `language`.
 *
 * @param {string} reference
 * @param {string} hypothesis
 * @param {string} language two-letter code
 * @returns {ErrorCount}
 */
export function wordErrors(reference, hypothesis, language) {
  return compare(wordsOf(normalise(reference, language)), wordsOf(normalise(hypothesis, language)));
}

/**
 * Character errors after normalisation, spaces left out: the measure for languages that do not separate words.
 *
 * @param {string} reference
 * @param {string} hypothesis
 * @param {string} language two-letter code
 * @returns {ErrorCount}
 */
export function characterErrors(reference, hypothesis, language) {
  return compare(charactersOf(normalise(reference, language)), charactersOf(normalise(hypothesis, language)));
}

/**
 * Errors over several clips, each weighing as much as it is long.
 *
 * @param {readonly ErrorCount[]} counts
 * @returns {number} percent
 */
export function errorPercent(counts) {
  const length = counts.reduce((sum, count) => sum + count.length, 0);
  const edits = counts.reduce((sum, count) => sum + count.edits, 0);
  return length === 0 ? 0 : (100 * edits) / length;
}

/**
 * @param {string} text
 * @param {string} language
 */
function normalise(text, language) {
  return language === 'en' ? englishText(text) : plainText(text);
}

/** @param {string} text */
const wordsOf = (text) => text.split(' ').filter((word) => word !== '');

/** @param {string} text */
const charactersOf = (text) => [...text.replaceAll(' ', '')];

/**
 * @param {readonly string[]} reference
 * @param {readonly string[]} hypothesis
 * @returns {ErrorCount}
 */
function compare(reference, hypothesis) {
  return { edits: editDistance(reference, hypothesis), length: reference.length };
}
