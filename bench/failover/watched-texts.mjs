/**
 * Watches what the sessions that are opened from now on say.
 *
 * @param {import('../../dist/engine/engine.js').Engine} engine
 */
export function watchedTexts(engine) {
  const watched = {
    /** Finals of utterances that had one already. */
    twice: 0,
    /** When a partial or a final was told, on the scale of `performance.now`. @type {number[]} */
    toldAtMs: [],
    /** Of the finals, by who gave them. @type {Record<string, number>} */
    finals: {},
  };
  const openSession = engine.openSession.bind(engine);
  engine.openSession = async (options) => {
    const session = await openSession(options);
    /** @type {Set<string>} */
    const told = new Set();
    session.on('partial', () => watched.toldAtMs.push(performance.now()));
    session.on('final', ({ source, channel, utterance, provider }) => {
      const key = `${source} ${channel} ${utterance}`;
      if (told.has(key)) watched.twice += 1;
      told.add(key);
      watched.toldAtMs.push(performance.now());
      watched.finals[provider] = (watched.finals[provider] ?? 0) + 1;
    });
    return session;
  };
  return watched;
}
