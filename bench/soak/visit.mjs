import { Playlist } from '../live/playlist.mjs';
import { ClipSpeaker } from '../live/speaker.mjs';
import { seededRandom } from '../spread.mjs';
import { pause } from './pause.mjs';

const FORMAT = /** @type {const} */ ({ encoding: 's16le', sampleRate: 16_000 });
const SLOW_READ_SECONDS = 2;

/** @typedef {import('./soak.mjs').World} World */
/** @typedef {import('./schedule.mjs').Visit} Visit */
/** @typedef {import('../../dist/index.js').Session} Session */

/**
 * A client comes, speaks and leaves.
 *
 * @param {Visit} visit
 * @param {World} world
 */
export async function pay(visit, world) {
  const { engine, clips, stage, accounts, outcomes, closing } = world;
  const session = await outcomes.follow(
    'live session opened',
    engine.openSession(visit.partials ? {} : { partialEverySeconds: false }),
  );
  if (!session) return;
  const ended = new Promise((resolve) => {
    session.on('end', ({ source }) => {
      if (source === undefined) resolve(undefined);
    });
  });
  const speakers = visit.sources.map(({ priority, shed }, i) => {
    const source = session.addSource(`source-${i}`, { format: FORMAT, priority, shed });
    outcomes.count('live source', priority);
    return new ClipSpeaker(source, new Playlist(clips, seededRandom(visit.seed + i)));
  });
  const closeBooks = accounts.follow(session, speakers);
  const isOver = new AbortController();
  const reading = outcomes.follow('events read', read(session, visit.reading, isOver.signal, world));
  for (const speaker of speakers) stage.enter(speaker);
  await pause(visit.seconds, closing);
  await leave(visit, session, { world, speakers, ended: outcomes.follow('live session ended', ended) });
  closeBooks();
  isOver.abort();
  await reading;
}

/**
 * @param {Visit} visit
 * @param {Session} session
 * @param {{ world: World, speakers: readonly import('../live/speaker.mjs').ClipSpeaker[], ended: Promise<unknown> }} rest
 */
async function leave({ leaving, awaySeconds }, session, { world, speakers, ended }) {
  const { engine, stage, outcomes, closing } = world;
  const fallSilent = () => {
    for (const speaker of speakers) stage.leave(speaker);
  };
  outcomes.count('live session left', leaving);
  switch (leaving) {
    case 'end':
      fallSilent();
      await session.end();
      break;
    case 'abort':
      fallSilent();
      await session.abort();
      break;
    case 'abort-source':
      fallSilent();
      await outcomes.follow('live source aborted', speakers[0]?.source.abort() ?? Promise.resolve());
      await session.end();
      break;
    case 'resume': {
      // Its sources are written to meanwhile, as a server does that still has audio of the client.
      const token = session.detach();
      await pause(awaySeconds, closing);
      const isSame = engine.resumeSession(token) === session;
      if (!isSame) outcomes.surprise('another session was resumed than was detached');
      await refusesToken(token, world);
      fallSilent();
      await session.end();
      break;
    }
    case 'expire': {
      const token = session.detach();
      fallSilent();
      await endedOrAborted(ended, closing);
      // It takes a minute; nobody waits for that at the end.
      if (closing.aborted) await session.end();
      else await refusesToken(token, world);
      break;
    }
  }
  await ended;
}

/**
 * @param {string} token
 * @param {World} world
 */
async function refusesToken(token, { engine, outcomes }) {
  const resuming = Promise.resolve(token).then((used) => engine.resumeSession(used));
  await outcomes.follow('token used again', resuming, ['SESSION_UNKNOWN']);
}

/**
 * @param {Promise<unknown>} ended
 * @param {AbortSignal} signal
 */
function endedOrAborted(ended, signal) {
  const isOver = new AbortController();
  return new Promise((resolve) => {
    void ended.then(() => {
      isOver.abort();
      resolve(undefined);
    });
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', resolve, { once: true, signal: isOver.signal });
  });
}

/**
 * @param {Session} session
 * @param {import('./schedule.mjs').Reading} reading
 * @param {AbortSignal} signal
 * @param {World} world
 */
async function read(session, reading, signal, { accounts, outcomes }) {
  if (reading === 'none') return;
  let last = 0;
  for await (const event of session.events({ signal })) {
    const isMissed = event.kind === 'missed';
    if ((isMissed ? event.fromSequence : event.sequence) !== last + 1) accounts.outOfOrder += 1;
    last = isMissed ? event.toSequence : event.sequence;
    outcomes.count(`event read by a ${reading} reader`, isMissed ? 'missed some' : 'read');
    if (reading === 'slow') await pause(SLOW_READ_SECONDS, signal);
  }
}
