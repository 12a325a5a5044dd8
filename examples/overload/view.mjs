/**
 * @typedef {'bold' | 'dim' | 'red' | 'yellow' | 'green'} Ink
 * @typedef {Readonly<Record<Ink, (text: string) => string>>} Paint
 */

/**
 * All of one priority.
 *
 * @typedef {object} Group
 * @property {import('../../dist/index.js').Priority} priority
 * @property {number} speaking sources
 * @property {'decoded' | 'dropped' | 'on disk'} service what becomes of their utterances now
 * @property {number} toldSeconds in finals, or nobody spoke
 * @property {number} pendingSeconds spoken now, or waiting for a slot
 * @property {number} spooledSeconds on disk
 * @property {number} lostSeconds
 */

/**
 * What there is to see at a moment.
 *
 * @typedef {object} Look
 * @property {number} seconds since the demo began
 * @property {string} act what happens now
 * @property {string} policy
 * @property {number} rung in force
 * @property {number} decided another while a model is warmed
 * @property {readonly { readonly name: string, readonly load: number | null }[]} rungs
 * @property {{ readonly busy: number, readonly total: number }} slots
 * @property {{ readonly utterances: number, readonly oldestSeconds: number }} queue what waits for a slot
 * @property {{ readonly p50: number, readonly p95: number } | undefined} latency of critical finals, in seconds
 * @property {string} heard the latest critical final
 * @property {readonly Group[]} groups
 * @property {readonly { seconds: number, from: number, to: number, reason: string }[]} entries decisions, oldest first
 */

/** Bars end here; a load of 1 needs all slots all the time. */
const MOST_LOAD = 3;
const NAME_WIDTH = 20;
/** Columns of a rung's line beside its bar. */
const RUNG_WIDTH = NAME_WIDTH + 11;
/** @type {Paint} */
const plain = { bold: String, dim: String, red: String, yellow: String, green: String };

/**
 * The look as lines for a terminal.
 *
 * @param {Look} look
 * @param {{ columns: number, rows: number, paint?: Paint | undefined }} terminal
 * @returns {string[]}
 */
export function frame(look, { columns, rows, paint = plain }) {
  const width = Math.min(Math.max(columns, 59), 110);
  const title = 'whisperpool under overload';
  const time = `${look.seconds.toFixed(0)} s`;
  const above = [
    `${paint.bold(title)}${time.padStart(width - title.length)}`,
    clipped(look.act, width),
    paint.dim(clipped(look.policy, width)),
    '',
    paint.dim(`  ${'rung'.padEnd(NAME_WIDTH + 2)}load  ${'▼ all slots'.padStart(oneAt(width) + 12)}`.slice(0, width)),
    ...look.rungs.map((_, rung) => rungLine(look, rung, width, paint)),
    '',
    slotsLine(look),
    latencyLine(look),
    paint.dim(clipped(look.heard, width)),
    '',
    paint.dim(`sources        now     told s  pending s  on disk s  lost s`),
    ...look.groups.map((group) => groupLine(group, paint)),
    '',
  ];
  const decisions = look.entries.map((entry) => decisionLines(entry, width));
  // The last line stays free, so that nothing scrolls.
  const room = (/** @type {readonly string[]} */ lines) => rows - 1 - lines.length;
  const shown = room(above) < 8 ? above.filter((text) => text !== '') : above;
  return [...shown, paint.dim('decisions'), ...lastOf(decisions, room(shown) - 1)];
}

/** The look as one line. @param {Look} look */
export function line({ seconds, rung, rungs, slots, queue, latency, groups }) {
  const { name = '', load } = rungs[rung] ?? {};
  const wanted = rungs[0]?.load;
  const parts = [
    `${seconds.toFixed(0)} s`.padStart(4),
    `rung ${rung} ${name}`.padEnd(NAME_WIDTH + 5),
    `load ${loadText(load)}${rung === 0 ? '' : ` (${loadText(wanted)} on rung 0)`}`,
    `slots ${slots.busy}/${slots.total}`,
    `queue ${queueText(queue)}`,
    latency ? `critical p50 ${latency.p50.toFixed(1)} s, p95 ${latency.p95.toFixed(1)} s` : 'no critical final yet',
    groups.map(({ priority, speaking, service }) => `${speaking} ${priority} ${service}`).join(', '),
  ];
  return parts.join('  ');
}

/** @param {Look} look @param {number} rung @param {number} width @param {Paint} paint */
function rungLine(look, rung, width, paint) {
  const { name = '', load } = look.rungs[rung] ?? {};
  const mark = rung === look.rung ? '▶' : rung === look.decided ? '…' : ' ';
  const label = `${mark} ${rung} ${name.padEnd(NAME_WIDTH)} ${loadText(load).padStart(4)}  `;
  const cells = width - RUNG_WIDTH;
  const filled = Math.min(Math.round(((load ?? 0) / MOST_LOAD) * cells), cells);
  const bar = '█'.repeat(filled).padEnd(cells, '·');
  const one = oneAt(width);
  const marked = `${bar.slice(0, one)}│${bar.slice(one + 1)}`;
  if (rung !== look.rung) return paint.dim(label + marked);
  return `${paint.bold(label)}${inkOf(load, paint)(marked)}`;
}

/** Where a bar's cell of load 1 is. @param {number} width */
function oneAt(width) {
  return Math.round((width - RUNG_WIDTH) / MOST_LOAD);
}

/** By the limits of the standard rule. @param {number | null | undefined} load @param {Paint} paint */
function inkOf(load, paint) {
  if ((load ?? 0) > 0.85) return paint.red;
  return (load ?? 0) > 0.65 ? paint.yellow : paint.green;
}

/** @param {number | null | undefined} load */
function loadText(load) {
  if (load === undefined || load === null) return '–';
  return load < 9.995 ? load.toFixed(2) : '>10';
}

/** @param {Look} look */
function slotsLine({ slots: { busy, total }, queue }) {
  const bar = `${'■'.repeat(busy)}${'□'.repeat(Math.max(total - busy, 0))}`;
  return `slots ${bar} ${busy} of ${total} decode    queue ${queueText(queue)}`;
}

/** @param {Look['queue']} queue */
function queueText({ utterances, oldestSeconds }) {
  return utterances === 0 ? 'empty' : `${utterances}, the oldest for ${oldestSeconds.toFixed(1)} s`;
}

/** @param {Look} look */
function latencyLine({ latency }) {
  const seconds = latency ? `50 % ${latency.p50.toFixed(1)} s, 95 % ${latency.p95.toFixed(1)} s` : 'none yet';
  return `delay of critical finals, last 10 s: ${seconds}`;
}

/** @param {Group} group @param {Paint} paint */
function groupLine({ priority, speaking, service, toldSeconds, pendingSeconds, spooledSeconds, lostSeconds }, paint) {
  const word = service.padEnd(8);
  const now = service === 'decoded' ? paint.green(word) : paint.yellow(word);
  const numbers = [toldSeconds.toFixed(0).padStart(6), pendingSeconds.toFixed(0).padStart(11)];
  const rest = [spooledSeconds.toFixed(0).padStart(11), lostSeconds.toFixed(0).padStart(8)];
  return `${priority.padEnd(10)}${String(speaking).padStart(3)}  ${now}${[...numbers, ...rest].join('')}`;
}

/** @param {Look['entries'][number]} entry @param {number} width @returns {string[]} */
function decisionLines({ seconds, from, to, reason }, width) {
  const head = `${seconds.toFixed(0).padStart(3)} s  ${from} → ${to}  `;
  const lines = [''];
  for (const word of reason.split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`.trimStart();
    if (longer.length > width - head.length) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines.map((text, at) => `${at === 0 ? head : ' '.repeat(head.length)}${text}`);
}

/** As many of the last as there is room for. @param {readonly string[][]} blocks @param {number} room */
function lastOf(blocks, room) {
  /** @type {string[]} */
  let lines = [];
  for (const block of blocks.toReversed()) {
    if (lines.length + block.length > room) break;
    lines = [...block, ...lines];
  }
  return lines;
}

/** @param {string} text @param {number} width */
function clipped(text, width) {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}
