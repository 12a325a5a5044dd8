import { setTimeout as sleep } from 'node:timers/promises';
import { Ladder } from '../../dist/degrade/ladder.js';
import { createEngine, policies } from '../../dist/index.js';
import { Announcer } from '../../dist/telemetry/announcer.js';
import { quantile } from '../spread.mjs';
import { meanOf } from './capacity.mjs';
import { openCrowd } from './crowd.mjs';

const PLAN = /** @type {const} */ ({
  chunkSeconds: 8,
  partialEverySeconds: 1,
  encoderContext: 'sized',
  beamSize: 1,
});
const BASE = { model: 'base', variant: 'q8_0', path: 'base' };
const SMALLER = { model: 'tiny.en', variant: 'q8_0', path: 'tiny.en' };
/** A full history of ten minutes first, so that each tick that counts has as much to look at as it ever has. */
const TICKS_BEFORE = 650;
const TICKS = 600;
/** As many as two slots may give with short chunks. */
const DECODES_A_SECOND = 20;
const HEARD_SECONDS = 2;
const IDLE_LOOKS = 4;

/** Time that passes when it is told to. */
class ScriptedClock {
  #atSeconds = 0;
  /** @type {{ atSeconds: number, wake: () => void }[]} */
  #timers = [];

  nowSeconds() {
    return this.#atSeconds;
  }

  /**
   * @param {number} delaySeconds
   * @param {() => void} wake
   */
  after(delaySeconds, wake) {
    const timer = { atSeconds: this.#atSeconds + delaySeconds, wake };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** @param {number} seconds */
  pass(seconds) {
    this.#atSeconds += seconds;
    const due = this.#timers.filter(({ atSeconds }) => atSeconds <= this.#atSeconds);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { wake } of due) wake();
  }
}

const ignore = () => undefined;

/**
 * Milliseconds of one tick: the real ladder with the real sources of an engine, which have heard speech and are idle now.
 * Only time and the decodes are scripted.
 *
 * @param {object} options
 * @param {import('../../dist/index.js').EngineOptions} options.engineOptions
 * @param {readonly import('../live/spoken-clip.mjs').SpokenClip[]} options.clips
 * @param {number} options.sources
 */
export async function measureTick({ engineOptions, clips, sources }) {
  const engine = await createEngine({ ...engineOptions, degrade: false });
  const crowd = await openCrowd({ engine, clips, from: 0, to: sources, onSession: () => undefined });
  await sleep(1000 * HEARD_SECONDS);
  crowd.fallSilent();
  // Nothing else is to use the cores.
  for (let idle = 0; idle < IDLE_LOOKS; idle = engine.snapshot().slots.busy === 0 ? idle + 1 : 0) await sleep(500);
  const clock = new ScriptedClock();
  const ladder = new Ladder({
    policy: policies.standard,
    isDryRun: true,
    clock,
    slots: 2,
    plan: PLAN,
    sessions: () => crowd.sessions,
    models: {
      threads: 1,
      requested: BASE,
      find: () => Promise.resolve(SMALLER),
      serve: () => Promise.resolve(),
      isMemoryShort: false,
      isWarm: () => true,
      warm: () => Promise.resolve(),
      cool: ignore,
      close: ignore,
    },
    events: new Announcer(),
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  });
  try {
    ladder.wake();
    // The smaller model is found.
    await sleep(0);
    const milliseconds = [];
    for (let second = 0; second < TICKS_BEFORE + TICKS; second += 1) {
      for (let at = 0; at < DECODES_A_SECOND; at += 1) decode(ladder, crowd, second * DECODES_A_SECOND + at);
      const startMs = performance.now();
      clock.pass(1);
      if (second >= TICKS_BEFORE) milliseconds.push(performance.now() - startMs);
      if (second % 50 === 0) await sleep(1);
    }
    const [p50, p99] = [quantile(milliseconds, 0.5), quantile(milliseconds, 0.99)];
    return { sources, mean: meanOf(milliseconds), p50, p99, maximum: Math.max(...milliseconds) };
  } finally {
    ladder.close();
    await crowd.abort();
    await engine.close({ force: true });
  }
}

/**
 * @param {Ladder} ladder
 * @param {import('./crowd.mjs').Crowd} crowd
 * @param {number} count
 */
function decode(ladder, crowd, count) {
  const source = crowd.speakers[count % crowd.speakers.length]?.source;
  if (!source) return;
  const audioSeconds = 1.5 + (count % 7);
  const decodeSeconds = 0.2 + 0.03 * audioSeconds + 0.001 * (count % 11);
  /** @type {any} */
  const [work, decoded] = [
    { kind: 'final', audioSeconds },
    {
      model: { name: BASE.model, variant: BASE.variant },
      asked: { encoderContext: PLAN.encoderContext, beamSize: PLAN.beamSize },
      recognition: { decodeSeconds },
      queueSeconds: 0.5,
    },
  ];
  ladder.decoded(work, decoded);
  /** @type {any} */
  const final = { startSeconds: 0, endSeconds: audioSeconds, timings: { queueSeconds: 0.5, decodeSeconds } };
  ladder.told(source, final);
}
