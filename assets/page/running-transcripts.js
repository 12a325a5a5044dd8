import { byId, element, say } from './elements.js';
import { place } from './numbers.js';

const mostPassages = 5;
const mostEnded = 5;

/** @typedef {import('./state-feed.js').Heard} Heard */

/** What live sessions of the same caller hear, each source by itself. */
export class RunningTranscripts {
  /** By session, source and channel. @type {Map<string, Running>} */
  #running = new Map();
  #shownElsewhere;

  /** @param {string} shownElsewhere the source whose text the page has in another place */
  constructor(shownElsewhere) {
    this.#shownElsewhere = shownElsewhere;
  }

  /** A new connection tells again what was heard last. */
  clear() {
    for (const { article } of this.#running.values()) article.remove();
    this.#running.clear();
    this.#count();
  }

  /** @param {Heard} heard */
  hear(heard) {
    const { session, source, channel, kind } = heard;
    if (source === this.#shownElsewhere) return;
    if (kind === 'end') {
      for (const one of this.#running.values()) if (one.session === session && one.source === source) one.end();
    } else {
      const name = JSON.stringify([session, source, channel]);
      const one = this.#running.get(name) ?? new Running(heard);
      if (!this.#running.has(name)) byId('transcripts').prepend(one.article);
      this.#running.set(name, one);
      one.hear(heard);
    }
    this.#forget();
    this.#count();
  }

  #forget() {
    const ended = [...this.#running].filter(([, { hasEnded }]) => hasEnded);
    for (const [name, { article }] of ended.slice(0, -mostEnded)) {
      article.remove();
      this.#running.delete(name);
    }
  }

  #count() {
    byId('running-none').hidden = this.#running.size > 0;
  }
}

/** One channel of a source. */
class Running {
  hasEnded = false;
  #list = element('ol', { class: 'passages', 'aria-live': 'polite', 'aria-relevant': 'additions' });
  #partial = element('p', { class: 'partial' });
  #mark = element('span', { class: 'mark' }, 'live');

  /** @param {Heard} heard */
  constructor({ session, source, channel }) {
    this.session = session;
    this.source = source;
    const name = channel === undefined ? source : `${source}, channel ${channel + 1}`;
    const title = element(
      'h3',
      {},
      name,
      ' ',
      element('span', { class: 'soft' }, `session ${session.slice(0, 8)}`),
      ' ',
      this.#mark,
    );
    this.article = element('article', { class: 'running' }, title, this.#list, this.#partial);
  }

  /** @param {Heard} heard */
  hear(heard) {
    // Whatever comes next takes the place of what was said so far.
    say(this.#partial, heard.kind === 'partial' ? heard.text.trim() : '');
    if (heard.kind === 'partial' || heard.kind === 'end') return;
    const { startSeconds } = heard;
    const what = heard.kind === 'gap' ? element('em', {}, `Gap: ${heard.message}`) : heard.text.trim();
    this.#list.append(element('li', {}, element('span', { class: 'time' }, place(startSeconds)), ' ', what));
    while (this.#list.childElementCount > mostPassages) this.#list.firstElementChild?.remove();
  }

  end() {
    this.hasEnded = true;
    say(this.#partial, '');
    say(this.#mark, 'ended');
    this.article.classList.add('ended');
  }
}
