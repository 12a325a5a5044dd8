/**
 * Runs `work` on `items`, at most `limit` at once, and gives the results in the order of the items. `work` must not
 * reject: a result that nobody waits for yet would end the process.
 */
export async function* inOrder<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const waiting = [...items];
  const running: Promise<Result>[] = [];
  for (;;) {
    running.push(...waiting.splice(0, limit - running.length).map(work));
    const oldest = running.shift();
    if (oldest === undefined) return;
    yield await oldest;
  }
}
