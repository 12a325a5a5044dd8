import { numbersAsDigits } from './number-words.mjs';

// The idea of OpenAI's normaliser for word error rates, in our own words: differences of writing that no listener
// could hear do not count as errors. Left out, because no clip needs them: ordinals, decimals, money and percentages
// in words, and the long list of British spellings (a short one is below).

const HESITATIONS = /\b(?:hmm+|mm+|mhm|uh+|um+|ah+|er+m?)\b/g;

/** @type {readonly (readonly [RegExp, string])[]} */
const SPOKEN_FORMS = [
  [/\bwon't\b/g, 'will not'],
  [/\bcan't\b/g, 'can not'],
  [/\bcannot\b/g, 'can not'],
  [/\blet's\b/g, 'let us'],
  [/\bain't\b/g, 'is not'],
  [/\by'all\b/g, 'you all'],
  [/\bwanna\b/g, 'want to'],
  [/\bgotta\b/g, 'got to'],
  [/\bgonna\b/g, 'going to'],
  [/\bma'am\b/g, 'madam'],
  [/n't\b/g, ' not'],
  [/'re\b/g, ' are'],
  [/'s (been|gone|got|done)\b/g, ' has $1'],
  [/'d (been|gone|done)\b/g, ' had $1'],
  [/'s\b/g, ' is'],
  [/'d\b/g, ' would'],
  [/'ll\b/g, ' will'],
  [/'ve\b/g, ' have'],
  [/'m\b/g, ' am'],
];

/** @type {Readonly<Record<string, string>>} */
const WORDS = {
  mr: 'mister',
  mrs: 'missus',
  dr: 'doctor',
  st: 'saint',
  prof: 'professor',
  capt: 'captain',
  gov: 'governor',
  gen: 'general',
  sen: 'senator',
  rep: 'representative',
  lt: 'lieutenant',
  col: 'colonel',
  jr: 'junior',
  sr: 'senior',
  neighbour: 'neighbor',
  neighbours: 'neighbors',
  colour: 'color',
  honour: 'honor',
  favour: 'favor',
  grey: 'gray',
  centre: 'center',
  theatre: 'theater',
};

/**
 * English text for comparison: case, punctuation, bracketed asides and hesitations gone; contractions and titles
 * spoken out; numbers in digits.
 *
 * @param {string} text
 * @returns {string} words separated by single spaces
 */
export function englishText(text) {
  let spoken = withoutAsides(text.normalize('NFKC').toLowerCase())
    .replaceAll('’', "'")
    .replace(/ +'/g, "'")
    .replace(HESITATIONS, ' ');
  for (const [pattern, replacement] of SPOKEN_FORMS) spoken = spoken.replace(pattern, replacement);
  spoken = spoken
    .replace(/(\d),(?=\d{3})/g, '$1')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ');
  const words = squeezed(spoken)
    .split(' ')
    .map((word) => WORDS[word] ?? word);
  return numbersAsDigits(words).join(' ');
}

/**
 * Text of any other language for comparison: case, punctuation, symbols and bracketed asides gone.
 *
 * @param {string} text
 * @returns {string} words separated by single spaces
 */
export function plainText(text) {
  return squeezed(withoutAsides(text.normalize('NFKC').toLowerCase()).replace(/[\p{M}\p{S}\p{P}]+/gu, ' '));
}

/**
 * Stage directions that are not speech, such as `[MUSIC]`, `(laughs)` or `♪`, as they were written.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function asidesIn(text) {
  return text.match(/\[[^\]]*\]|\([^)]*\)|<[^>]*>|[♩♪♫♬]+/gu) ?? [];
}

/** @param {string} text */
function withoutAsides(text) {
  return text.replace(/\[[^\]]*\]|\([^)]*\)|<[^>]*>/g, ' ');
}

/** @param {string} text */
function squeezed(text) {
  return text.replace(/\s+/g, ' ').trim();
}
