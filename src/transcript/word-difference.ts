/**
 * Words that have to be changed, added or left out to make one text of the other, over the words of the longer one: 0 for
 * the same text, 1 for nothing in common. Case and punctuation do not count; a script without spaces counts by characters.
 */
export function wordDifference(one: string, other: string): number {
  const [left, right] = [wordsOf(one), wordsOf(other)];
  const most = Math.max(left.length, right.length);
  return most === 0 ? 0 : distance(left, right) / most;
}

const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}']+/gu;

function wordsOf(text: string): readonly string[] {
  return text.normalize('NFKC').toLowerCase().match(unspaced) ?? [];
}

/** Levenshtein's. */
function distance(left: readonly string[], right: readonly string[]): number {
  let row = right.map((_, index) => index + 1);
  for (const [line, word] of left.entries()) {
    let diagonal = line;
    let before = line + 1;
    row = row.map((above, column) => {
      const cost = Math.min(above + 1, before + 1, diagonal + (word === right[column] ? 0 : 1));
      diagonal = above;
      before = cost;
      return cost;
    });
  }
  return row.at(-1) ?? left.length;
}
