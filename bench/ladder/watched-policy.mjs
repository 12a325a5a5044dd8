import { policies } from '../../dist/index.js';

/** @typedef {import('../../dist/index.js').LoadSnapshot} LoadSnapshot */

/**
 * The policy `standard`, and everything that it sees.
 *
 * @returns {{ policy: import('../../dist/index.js').Policy, snapshots: LoadSnapshot[] }}
 */
export function watchedPolicy() {
  /** @type {LoadSnapshot[]} */
  const snapshots = [];
  const { standard } = policies;
  return {
    snapshots,
    policy: {
      ...standard,
      decide(snapshot, history) {
        snapshots.push(snapshot);
        return standard.decide(snapshot, history);
      },
    },
  };
}
