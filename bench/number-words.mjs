const SMALL = [
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'],
  ...['thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'],
];
const TENS = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];

/** @typedef {'unit' | 'teen' | 'ten' | 'hundred' | 'thousand'} Kind */
/** @typedef {{ readonly kind: Kind, readonly value: number }} NumberWord */

/** @type {ReadonlyMap<string, NumberWord>} */
const NUMBER_WORDS = new Map([
  ...SMALL.map((word, value) => entry(word, value < 10 ? 'unit' : 'teen', value)),
  ...TENS.map((word, i) => entry(word, 'ten', 10 * (i + 2))),
  entry('hundred', 'hundred', 100),
  entry('thousand', 'thousand', 1000),
]);

/**
 * @param {string} word
 * @param {Kind} kind
 * @param {number} value
 * @returns {[string, NumberWord]}
 */
function entry(word, kind, value) {
  return [word, { kind, value }];
}

/**
 * Cardinal numbers below a million written in digits: `two hundred and five cats` becomes `205 cats`. Numbers read
 * one after another stay apart: `nineteen eighty four` becomes `19 84`.
 *
 * @param {readonly string[]} words lower case, no punctuation
 * @returns {string[]}
 */
export function numbersAsDigits(words) {
  /** @type {string[]} */
  const written = [];
  for (let at = 0; at < words.length; ) {
    const number = numberAt(words, at);
    if (number.length === 0) {
      written.push(words[at] ?? '');
      at += 1;
    } else {
      written.push(String(number.value));
      at += number.length;
    }
  }
  return written;
}

/**
 * The longest number that starts at `start`; length 0 when there is none.
 *
 * @param {readonly string[]} words
 * @param {number} start
 */
function numberAt(words, start) {
  let thousands = 0;
  let value = 0; // below the thousands
  let at = start;
  /** @type {NumberWord | undefined} */
  let last;
  while (at < words.length) {
    const joined = last && (last.kind === 'hundred' || last.kind === 'thousand') && words[at] === 'and';
    const next = NUMBER_WORDS.get(words[joined ? at + 1 : at] ?? '');
    if (!next || !continues(last, next, value, thousands)) break;
    if (next.kind === 'hundred') value *= 100;
    else if (next.kind === 'thousand') [thousands, value] = [value * 1000, 0];
    else value += next.value;
    last = next;
    at += joined ? 2 : 1;
  }
  return { value: thousands + value, length: at - start };
}

/**
 * @param {NumberWord | undefined} last
 * @param {NumberWord} next
 * @param {number} value
 * @param {number} thousands
 */
function continues(last, next, value, thousands) {
  switch (next.kind) {
    case 'hundred':
      return last?.kind === 'unit' && value > 0 && value < 10;
    case 'thousand':
      return last !== undefined && value > 0 && thousands === 0;
    case 'unit':
      return last === undefined || (next.value > 0 && last.kind !== 'unit' && last.kind !== 'teen');
    case 'teen':
    case 'ten':
      return last === undefined || last.kind === 'hundred' || last.kind === 'thousand';
    default:
      return /** @type {never} */ (next.kind);
  }
}
