import { setTimeout as sleep } from 'node:timers/promises';
import { Speaker } from './speaker.mjs';

const SPEAKERS_PER_SLOT = 3;
/** Until all queues are full. */
const FILLING_MS = 1000;
const MEASURING_MS = 5000;
/** The least that a source may have: what waits in it says nothing here. */
const QUEUE_SECONDS = 20;

/**
 * Seconds of this talk that rung 0 turns into finals in a second, which is the number of live sources that it carries: read
 * from the books of sources that are written as fast as they take it.
 *
 * @param {import('../../dist/index.js').Engine} engine
 * @param {readonly import('./clips.mjs').Clip[]} clips
 * @param {AbortSignal} signal
 */
export async function sourcesCarried(engine, clips, signal) {
  engine.ladder.pin(0);
  const session = await engine.openSession({ partialEverySeconds: false });
  const count = SPEAKERS_PER_SLOT * engine.snapshot().slots.total;
  const speakers = Array.from({ length: count }, (_, number) => {
    return new Speaker(session, clips, number, { queueSeconds: QUEUE_SECONDS });
  });
  const told = () => {
    return speakers.reduce((sum, { source: { ledger } }) => sum + ledger.heardSeconds - ledger.queuedSeconds, 0);
  };
  // A write that waits when the session is aborted is refused, as it should be.
  const talks = speakers.map((speaker) => speaker.speak('hurried').catch(() => undefined));
  try {
    await sleep(FILLING_MS, undefined, { signal });
    const [toldBefore, startMs] = [told(), performance.now()];
    await sleep(MEASURING_MS, undefined, { signal });
    return (1000 * (told() - toldBefore)) / (performance.now() - startMs);
  } finally {
    for (const speaker of speakers) speaker.hush();
    await session.abort();
    await Promise.all(talks);
    engine.ladder.release();
  }
}
