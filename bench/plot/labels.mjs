/**
 * Places for labels of some height in a column, each as near as can be to where it would like its middle, none over another.
 * They keep their order, and stay between `from` and `to` if there is room for all.
 *
 * @param {readonly { middle: number, height: number }[]} labels
 * @param {number} from
 * @param {number} to
 * @returns {number[]} the top of each, in the given order
 */
export function spreadOut(labels, from, to) {
  const order = labels.map((_, at) => at).sort((a, b) => (labels[a]?.middle ?? 0) - (labels[b]?.middle ?? 0));
  const tops = labels.map(({ middle, height }) => middle - height / 2);
  let free = from;
  for (const at of order) {
    tops[at] = Math.max(free, tops[at] ?? 0);
    free = tops[at] + (labels[at]?.height ?? 0);
  }
  let end = to;
  for (const at of order.toReversed()) {
    const height = labels[at]?.height ?? 0;
    tops[at] = Math.min(tops[at] ?? 0, end - height);
    end = tops[at];
  }
  return tops;
}
