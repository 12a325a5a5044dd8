import { Player } from '../live/player.mjs';
import { Playlist } from '../live/playlist.mjs';
import { ClipSpeaker } from '../live/speaker.mjs';
import { seededRandom } from '../spread.mjs';

const SOURCES_A_SESSION = 4;
const FORMAT = /** @type {const} */ ({ encoding: 's16le', sampleRate: 16_000 });

/** @typedef {import('../../dist/index.js').Priority} Priority */

/** Of each ten sources two are critical, five normal and three background; the few of a calm have all kinds, too. */
const MIX = /** @type {const} */ ([
  'normal',
  'background',
  'critical',
  'normal',
  'normal',
  'background',
  'normal',
  'critical',
  'normal',
  'background',
]);
export const PRIORITIES = /** @type {const} */ (['critical', 'normal', 'background']);

/** Sources that come together, say clips at real time, and leave together. */
export class Crowd {
  #player;

  /**
   * @param {readonly import('../../dist/index.js').Session[]} sessions
   * @param {readonly ClipSpeaker[]} speakers
   * @param {number} seed
   */
  constructor(sessions, speakers, seed) {
    this.sessions = sessions;
    this.speakers = speakers;
    this.#player = new Player(speakers, seededRandom(seed));
    this.#player.start();
  }

  /** No more audio comes. */
  fallSilent() {
    this.#player.stop();
  }

  /** Resolves when all that was written is told. */
  end() {
    this.fallSilent();
    return Promise.all(this.sessions.map((session) => session.end()));
  }

  /** What is not told yet becomes gaps. */
  async abort() {
    this.fallSilent();
    await Promise.all(this.sessions.map((session) => session.abort()));
  }
}

/**
 * The sources from one number to the next; each says the same whenever it comes.
 *
 * @param {object} options
 * @param {import('../../dist/index.js').Engine} options.engine
 * @param {readonly import('../live/spoken-clip.mjs').SpokenClip[]} options.clips
 * @param {number} options.from
 * @param {number} options.to not included
 * @param {(session: import('../../dist/index.js').Session, speakers: readonly ClipSpeaker[]) => void} options.onSession
 */
export async function openCrowd({ engine, clips, from, to, onSession }) {
  const sessions = [];
  const speakers = [];
  for (let first = from; first < to; first += SOURCES_A_SESSION) {
    const session = await engine.openSession();
    const theirs = [];
    for (let i = first; i < Math.min(to, first + SOURCES_A_SESSION); i += 1) {
      const priority = MIX[i % MIX.length] ?? 'normal';
      const source = session.addSource(`speaker-${i + 1}`, { format: FORMAT, priority });
      theirs.push(new ClipSpeaker(source, new Playlist(clips, seededRandom(1000 + i))));
    }
    onSession(session, theirs);
    sessions.push(session);
    speakers.push(...theirs);
  }
  return new Crowd(sessions, speakers, to);
}
