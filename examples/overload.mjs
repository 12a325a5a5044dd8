// More live sources than this machine can serve, then fewer: what the ladder does about it, and why. About 80 s.
//   node examples/overload.mjs
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine, definePolicy } from '../dist/index.js'; // 'whisperpool' outside this repository
import { readClips } from './overload/clips.mjs';
import { sourcesCarried } from './overload/measure.mjs';
import { Observer } from './overload/observer.mjs';
import { Screen } from './overload/screen.mjs';
import { Speaker } from './overload/speaker.mjs';

/** Of the load that rung 0 carries. */
const [FEW, MANY] = [0.4, 2.5];
const [CALM_SECONDS, OVERLOAD_SECONDS, RETURN_SECONDS] = [5, 22, 50];
/** Back on rung 0, it is watched for so long. */
const LAST_SECONDS = 4;
/** The standard rule, quicker on its way up so that it can be watched. */
const policy = definePolicy({ name: 'demo', thresholds: { dwellSeconds: 4 } });
const policyLine = 'Policy: standard, but a step up takes 4 s of room, not 20 s.';

const screen = new Screen(process.stdout);
const stopping = new AbortController();
const { signal } = stopping;
/** @param {number} exitCode */
const stop = (exitCode) => {
  process.exitCode = exitCode;
  stopping.abort();
};
process.once('SIGINT', () => stop(130));
process.once('SIGTERM', () => stop(143));

/** @param {import('../dist/index.js').Engine} engine */
async function play(engine) {
  const clips = await readClips();
  screen.say('Measuring what this machine carries …');
  const carried = await sourcesCarried(engine, clips, signal);
  const [few, many] = [Math.max(Math.floor(FEW * carried), 3), Math.max(Math.ceil(MANY * carried), 8)];
  screen.say(`Rung 0 carries ${carried.toFixed(1)} sources of this talk at a time; ${many} will be played.`);

  const session = await engine.openSession();
  const observer = new Observer(engine, policy, session);
  /** @type {Promise<void>[]} */
  const talks = [];
  const join = (/** @type {number} */ count) => {
    while (observer.speakers.length < count) {
      const speaker = new Speaker(session, clips, observer.speakers.length);
      observer.speakers = [...observer.speakers, speaker];
      talks.push(speaker.speak('live').catch((/** @type {unknown} */ error) => stopping.abort(error)));
    }
  };
  const watch = async (/** @type {string} */ act, /** @type {number} */ seconds, isOver = () => false) => {
    const end = performance.now() + 1000 * seconds;
    while (performance.now() < end && !isOver()) {
      screen.show({ ...observer.look(), act, policy: policyLine });
      await sleep(screen.everyMs, undefined, { signal });
    }
  };

  const carriedText = `rung 0 carries ${carried.toFixed(0)} here`;
  join(few);
  await watch(`Calm: ${few} sources speak; ${carriedText}.`, CALM_SECONDS);
  join(many);
  await watch(`OVERLOAD: ${many} sources speak; ${carriedText}.`, OVERLOAD_SECONDS);
  const leaving = observer.speakers.slice(few).map((speaker) => speaker.leave());
  const leftSeconds = observer.look().seconds;
  const isBack = () => engine.ladder.current.rung === 0;
  await watch(`RELIEF: ${many - few} have left, ${few} go on; what was said is decoded.`, RETURN_SECONDS, isBack);
  const backSeconds = isBack() ? observer.look().seconds - leftSeconds : undefined;
  await watch(`Back on rung 0 with ${few} sources.`, isBack() ? LAST_SECONDS : 0);
  await Promise.all([...leaving, ...observer.speakers.slice(0, few).map((speaker) => speaker.leave()), ...talks]);
  await session.end();
  screen.close();

  const { groups } = observer.look();
  const steps = observer.entries.filter(({ kind }) => kind === 'step');
  for (const { priority, toldSeconds, lostSeconds } of groups) {
    screen.say(`Audio lost, ${priority}: ${lostSeconds.toFixed(1)} s of ${(toldSeconds + lostSeconds).toFixed(0)} s.`);
  }
  screen.say(`Transitions: ${steps.length} (${[0, ...steps.map(({ to }) => to)].join(' → ')}).`);
  screen.say(`Worst delay of critical finals, 95 % within any 10 s: ${observer.worstSeconds.toFixed(1)} s.`);
  screen.say(
    backSeconds === undefined
      ? `Not yet back on rung 0 after ${RETURN_SECONDS} s.`
      : `Back on rung 0 after ${backSeconds.toFixed(0)} s.`,
  );
}

try {
  const engine = await createEngine({ model: 'base', language: 'en', degrade: policy });
  try {
    await play(engine);
  } finally {
    screen.close();
    await engine.close({ force: true });
  }
} catch (error) {
  if (process.exitCode === undefined) {
    const cause = signal.aborted ? signal.reason : error;
    console.error(cause instanceof Error ? cause.message : cause);
    process.exitCode = 1;
  }
}
