import { seededRandom } from '../spread.mjs';

/** @typedef {import('../../dist/index.js').Priority} Priority */
/** @typedef {'end' | 'abort' | 'abort-source' | 'resume' | 'expire'} Leaving how a client leaves; `resume` comes back before it ends */
/** @typedef {'none' | 'quick' | 'slow'} Reading how a client reads its events, beside those who listen */
/** @typedef {'refuse' | 'dropOldestPartial' | 'dropOldest' | 'spool'} Shed */

/**
 * A client with a session.
 *
 * @typedef {object} Visit
 * @property {readonly { priority: Priority, shed: Shed }[]} sources
 * @property {number} seconds that it speaks
 * @property {Leaving} leaving
 * @property {number} awaySeconds between `detach` and `resumeSession`
 * @property {Reading} reading
 * @property {boolean} partials
 * @property {number} seed of what it says
 */

/**
 * @typedef {object} FileJob
 * @property {number} clip which of those there are, 0 … 1
 * @property {'path' | 'bytes' | 'stream' | 'samples'} form
 * @property {'whole' | 'abort' | 'deadline'} ending
 * @property {number} afterSeconds until it is aborted, or its deadline
 */

/**
 * What is done.
 *
 * @typedef {(
 *   | { kind: 'visit', visit: Visit, isBurst: boolean }
 *   | { kind: 'file', job: FileJob }
 *   | { kind: 'long-file' }
 *   | { kind: 'bad-input', which: number }
 *   | { kind: 'crash', signal: 'SIGKILL' | 'SIGSTOP' }
 *   | { kind: 'switch' }
 *   | { kind: 'health', deep: boolean }
 * )} Deed
 */
/** @typedef {{ atSeconds: number } & Deed} Act in seconds of the run */

const CALM_SOURCES_A_SLOT = 1.2;
const SOURCES_A_CLIENT = 1.5;
const VISIT_SECONDS = /** @type {const} */ ([10, 70]);
const BURST_SECONDS = /** @type {const} */ ([35, 50]);

/**
 * Everything that is done, without an end, in the order of time. The same seed gives the same acts; each kind has its own
 * random numbers, so that a change of one leaves the others as they were.
 *
 * @param {object} options
 * @param {number} options.seed
 * @param {number} options.slots
 * @param {number} options.burstSources that come in a burst
 * @returns {Generator<Act, never>}
 */
export function* schedule({ seed, slots, burstSources }) {
  const random = (/** @type {number} */ kind) => seededRandom(Math.imul(seed, 1009) + kind);
  const lines = [
    visits(random(1), slots),
    bursts(random(2), Math.ceil(burstSources / 2)),
    files(random(3)),
    every(random(4), 20, [240, 420], () => ({ kind: 'long-file' })),
    every(random(5), 5, [5, 15], (draw) => ({ kind: 'bad-input', which: draw() })),
    every(random(6), 40, [90, 150], (draw) => ({ kind: 'crash', signal: draw() < 0.75 ? 'SIGKILL' : 'SIGSTOP' })),
    every(random(7), 70, [150, 300], () => ({ kind: 'switch' })),
    every(random(8), 3, [8, 12], (draw) => ({ kind: 'health', deep: draw() < 0.3 })),
  ].map((line) => ({ line, next: line.next().value }));
  for (;;) {
    const first = lines.reduce((earliest, other) =>
      other.next.atSeconds < earliest.next.atSeconds ? other : earliest,
    );
    yield first.next;
    first.next = first.line.next().value;
  }
}

/**
 * @param {() => number} random
 * @param {number} slots
 * @returns {Generator<Act, never>}
 */
function* visits(random, slots) {
  const meanSeconds = (VISIT_SECONDS[0] + VISIT_SECONDS[1]) / 2;
  const everySeconds = (meanSeconds * SOURCES_A_CLIENT) / (CALM_SOURCES_A_SLOT * slots);
  for (let atSeconds = 0; ; atSeconds += exponential(random, everySeconds)) {
    const count = random() < 2 - SOURCES_A_CLIENT ? 1 : 2;
    yield { kind: 'visit', atSeconds, isBurst: false, visit: visitOf(random, count, between(random, VISIT_SECONDS)) };
  }
}

/**
 * More than the machine carries, for long enough that the ladder acts.
 *
 * @param {() => number} random
 * @param {number} clients with two sources each
 * @returns {Generator<Act, never>}
 */
function* bursts(random, clients) {
  for (let atSeconds = 60; ; atSeconds += between(random, [260, 340])) {
    const untilSeconds = atSeconds + between(random, BURST_SECONDS);
    for (let i = 0; i < clients; i += 1) {
      // They come within 5 s, one after the other.
      const comesSeconds = atSeconds + (5 * i) / clients;
      const visit = visitOf(random, 2, untilSeconds - comesSeconds);
      yield { kind: 'visit', atSeconds: comesSeconds, isBurst: true, visit };
    }
  }
}

/**
 * @param {() => number} random
 * @returns {Generator<Act, never>}
 */
function* files(random) {
  for (let atSeconds = 2; ; atSeconds += exponential(random, 12)) {
    const form = pick(random, /** @type {const} */ (['path', 'path', 'bytes', 'stream', 'samples']));
    const ending = pick(random, /** @type {const} */ (['whole', 'whole', 'whole', 'abort', 'deadline']));
    yield { kind: 'file', atSeconds, job: { clip: random(), form, ending, afterSeconds: between(random, [0, 4]) } };
  }
}

/**
 * @param {() => number} random
 * @param {number} firstSeconds
 * @param {readonly [number, number]} range seconds between two
 * @param {(random: () => number) => Deed} what
 * @returns {Generator<Act, never>}
 */
function* every(random, firstSeconds, range, what) {
  for (let atSeconds = firstSeconds; ; atSeconds += between(random, range)) yield { atSeconds, ...what(random) };
}

/**
 * @param {() => number} random
 * @param {number} sources
 * @param {number} seconds
 * @returns {Visit}
 */
function visitOf(random, sources, seconds) {
  const each = Array.from({ length: sources }, () => {
    const priority = pick(random, /** @type {const} */ (['critical', 'critical', 'normal', 'normal', 'background']));
    const shed = pick(random, /** @type {const} */ (['refuse', 'dropOldestPartial', 'dropOldest', 'spool']));
    // What somebody acts on gives up nothing by itself.
    return { priority, shed: priority === 'critical' ? /** @type {const} */ ('refuse') : shed };
  });
  // Whoever is critical is never aborted: then all of its audio has to become text.
  const isCritical = each.some(({ priority }) => priority === 'critical');
  const kind = /** @type {const} */ ({ true: ['end', 'end', 'resume', 'expire'], false: LEAVINGS });
  return {
    sources: each,
    seconds,
    leaving: pick(random, kind[`${isCritical}`]),
    awaySeconds: between(random, [1, 15]),
    reading: pick(random, /** @type {const} */ (['none', 'quick', 'slow'])),
    partials: random() < 0.8,
    seed: Math.floor(random() * 2 ** 31),
  };
}

const LEAVINGS = /** @type {const} */ (['end', 'end', 'abort', 'abort-source', 'resume', 'expire']);

/** @param {() => number} random @param {number} mean */
const exponential = (random, mean) => -mean * Math.log(1 - random());

/** @param {() => number} random @param {readonly [number, number]} range */
const between = (random, [from, to]) => from + (to - from) * random();

/**
 * @template Choice
 * @param {() => number} random
 * @param {readonly Choice[]} choices
 * @returns {Choice}
 */
function pick(random, choices) {
  return /** @type {Choice} */ (choices[Math.floor(random() * choices.length)]);
}
