import { byId, element, say } from './elements.js';
import { counted, duration, size } from './numbers.js';
import { Sparkline } from './sparkline.js';

/**
 * A figure: what it is called, its text now, what is said below it, and the value that its line shows.
 * @typedef {{ readonly text: string, readonly note?: string, readonly value: number | undefined }} Figure
 * @typedef {import('./state-feed.js').ServerState} ServerState
 * @type {readonly { readonly name: string, readonly title: string, readonly top: number, readonly of: (state: ServerState) => Figure }[]}
 */
const figures = [
  {
    name: 'Slots',
    title: 'Decodes that run now, of those that can run at a time',
    top: 1,
    of: ({ slots }) => ({ text: `${slots.busy} of ${slots.total}`, note: 'busy', value: slots.busy / slots.total }),
  },
  {
    name: 'Load ρ',
    title: 'Share of the slots that all live sources need on the rung in force',
    top: 1,
    of: ({ ladder }) => ({
      text: ladder.load === null ? '–' : ladder.load.toFixed(2),
      note: ladder.load === null ? 'no live source' : 'of the slots',
      value: ladder.load ?? undefined,
    }),
  },
  {
    name: 'Waiting',
    title: 'Live audio that waits for a slot',
    top: 5,
    of: ({ sources }) => {
      const { queuedChunks, oldestWaitSeconds } = together(sources);
      const note = queuedChunks === 0 ? 'for a slot' : `the oldest for ${duration(oldestWaitSeconds)}`;
      return { text: counted(queuedChunks, 'chunk'), note, value: queuedChunks };
    },
  },
  {
    name: 'Latency',
    title: 'From the end of what was said to its final text, of the last minute or two',
    top: 1,
    of: ({ finalLatencySeconds }) => quantiles(finalLatencySeconds, duration),
  },
  {
    name: 'RTF',
    title: 'Decode seconds over audio seconds, of the last minute or two: below 1 is faster than real time',
    top: 0.5,
    of: ({ rtf }) => quantiles(rtf, (value) => value.toFixed(2)),
  },
  {
    name: 'Memory',
    title: 'Resident memory of the server, weights included',
    top: 1,
    of: ({ memory }) => ({ text: size(memory.rssBytes), note: 'resident', value: memory.rssBytes }),
  },
  {
    name: 'Live',
    title: 'Live sessions, of those that can be open, and their sources',
    top: 1,
    of: ({ sessions, sources }) => ({
      text: `${sessions.open} of ${sessions.limit}`,
      note: `${counted(together(sources).sources, 'source')}${sessions.detached > 0 ? `, ${sessions.detached} away` : ''}`,
      value: sessions.open,
    }),
  },
  {
    name: 'Uploads',
    title: 'Files that wait or are transcribed, of those that may',
    top: 1,
    of: ({ uploads }) => ({ text: `${uploads.running} of ${uploads.limit}`, note: 'files', value: uploads.running }),
  },
];

/** The panel of live figures. */
export class FigurePanel {
  #tiles = figures.map(({ name, title, top, of }) => {
    const [text, note, line] = [
      element('span', { class: 'figure' }, '–'),
      element('span', { class: 'note' }),
      new Sparkline(top),
    ];
    const term = element('dt', { title }, name);
    byId('figure-list').append(element('div', {}, term, element('dd', {}, text, ' ', note, line.svg)));
    return { of, text, note, line };
  });

  /** @param {ServerState} state */
  show(state) {
    for (const { of, text, note, line } of this.#tiles) {
      const figure = of(state);
      say(text, figure.text);
      say(note, figure.note ?? '');
      line.add(figure.value);
    }
    const providers = state.providers.map(({ name, state: standing, reason, decodes, failures }) => {
      const counts = `${counted(decodes, 'decode')}${failures > 0 ? `, ${counted(failures, 'failure')}` : ''}`;
      return `${name}: ${standing.replace('-', ' ')}, ${counts}${reason === undefined ? '' : `. ${reason}`}`;
    });
    const list = byId('providers');
    while (list.childElementCount < providers.length) list.append(element('li'));
    while (list.childElementCount > providers.length) list.lastElementChild?.remove();
    for (const [index, item] of [...list.children].entries()) say(item, providers[index] ?? '');
  }
}

/** @param {ServerState['sources']} sources */
function together(sources) {
  const all = Object.values(sources);
  const sum = (/** @type {keyof typeof all[number]} */ name) => all.reduce((total, one) => total + one[name], 0);
  return {
    sources: sum('sources'),
    queuedChunks: sum('queuedChunks'),
    oldestWaitSeconds: Math.max(...all.map((one) => one.oldestWaitSeconds)),
  };
}

/** @param {{ readonly p50: number, readonly p95: number } | undefined} measured @param {(value: number) => string} written @returns {Figure} */
function quantiles(measured, written) {
  if (!measured) return { text: '–', note: 'nothing lately', value: undefined };
  return { text: written(measured.p50), note: `p95 ${written(measured.p95)}`, value: measured.p50 };
}
