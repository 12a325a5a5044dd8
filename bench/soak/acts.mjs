import { sendBadInput } from './bad-inputs.mjs';
import { transcribeFile, transcribeLongFile } from './file-jobs.mjs';
import { pause } from './pause.mjs';
import { pay } from './visit.mjs';

const SWITCH = 'model switch';
const CRASH = 'crash';
/** What may come of a switch when the process is killed in the midst of it. */
const STRUCK = ['done', 'PROVIDER_UNAVAILABLE'];

/** @typedef {import('./soak.mjs').World} World */
/** @typedef {import('./schedule.mjs').Act} Act */

/** @param {Act} act */
export const nameOf = (act) => `act: ${act.kind === 'visit' && act.isBurst ? 'visit of a burst' : act.kind}`;

/**
 * @param {Act} act
 * @param {World} world
 * @returns {Promise<void>}
 */
export async function perform(act, world) {
  const { engine, outcomes, notes } = world;
  switch (act.kind) {
    case 'visit':
      return pay(act.visit, world);
    case 'file':
      return transcribeFile(act.job, world);
    case 'long-file':
      return transcribeLongFile(world);
    case 'bad-input':
      return sendBadInput(act.which, world);
    case 'crash':
      return crash(act.signal, world);
    case 'switch': {
      if (outcomes.pendingOf(SWITCH) > 0) {
        outcomes.count(SWITCH, 'left out');
        return undefined;
      }
      const next = notes.model === 'base' ? 'tiny.en' : 'base';
      const done = await outcomes.follow(SWITCH, engine.switchModel(next), STRUCK);
      if (done) notes.model = next;
      return undefined;
    }
    case 'health': {
      const health = await outcomes.follow(act.deep ? 'deep health' : 'health', engine.health({ deep: act.deep }));
      if (health?.status !== 'ready') outcomes.surprise(`health: ${health?.status}`);
      if (health?.deep?.ok === false) outcomes.surprise(`deep health: ${health.deep.code}: ${health.deep.reason}`);
      return undefined;
    }
  }
}

/**
 * The process is struck in the midst of a decode.
 *
 * @param {'SIGKILL' | 'SIGSTOP'} name
 * @param {World} world
 */
async function crash(name, { killer, outcomes, closing, notes }) {
  if (!killer) return;
  while (!killer.isDecoding && !closing.aborted) await pause(0.01, closing);
  if (closing.aborted) return;
  const kill = await killer.strike(name);
  outcomes.count(CRASH, name);
  // Decodes that were struck have their texts by then, or were given up.
  await pause(60, closing);
  for (const seconds of kill.recoverySeconds) notes.recoveryMs.record(Math.max(1, Math.round(1000 * seconds)));
}
