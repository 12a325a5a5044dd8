/** The name that a mistyped one was probably meant to be: one that it begins, or the nearest by edits if that is near. */
export function closestName(mistyped: string, names: readonly string[]): string | undefined {
  const wanted = mistyped.toLowerCase();
  // In two or three letters every edit leads to some other name.
  if (wanted.length < 3) return undefined;
  const begun = names.find((name) => name.startsWith(wanted));
  if (begun !== undefined || wanted.length === 3) return begun;
  const ranked = names
    .map((name) => ({ name, edits: editDistance(wanted, name) }))
    .sort((left, right) => left.edits - right.edits);
  const nearest = ranked[0];
  return nearest && nearest.edits <= Math.max(2, wanted.length / 3) ? nearest.name : undefined;
}

/** A sentence that asks whether the closest name was meant, with a space before it; empty when none is close. */
export function guess(mistyped: string, names: readonly string[]): string {
  const name = closestName(mistyped, names);
  return name === undefined ? '' : ` Did you mean '${name}'?`;
}

/** Levenshtein distance, one row of the table at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let index = 0; index < from.length; index += 1) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const substituted = (row[column - 1] ?? 0) + (from[index] === to[column - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
