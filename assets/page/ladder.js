import { byId, element, say } from './elements.js';
import { duration } from './numbers.js';

const kinds = { step: '', 'dry-run': 'Dry run. ', skipped: 'Skipped. ', fault: 'Fault. ' };

/** The ladder: every rung with its load, the one in force marked, why, and what was decided before. */
export class LadderView {
  #shownRungs = '';
  #shownSteps = '';
  /** @type {{ item: HTMLElement, mark: HTMLElement, load: HTMLElement, bar: HTMLElement }[]} */
  #rungs = [];

  /** @param {import('./state-feed.js').ServerState['ladder']} ladder */
  show({ rungs, rung, decided, isPinned, reason, history }) {
    say(byId('ladder-reason'), `${isPinned ? 'Held by hand. ' : ''}${reason}`);
    const names = JSON.stringify(rungs.map(({ name }) => name));
    if (names !== this.#shownRungs) this.#build(rungs);
    this.#shownRungs = names;
    for (const [index, { item, mark, load, bar }] of this.#rungs.entries()) {
      if (index === rung) item.setAttribute('aria-current', 'step');
      else item.removeAttribute('aria-current');
      say(mark, index === rung ? 'in force' : index === decided ? 'being prepared' : '');
      const needed = rungs[index]?.load ?? null;
      say(load, needed === null ? '–' : `ρ ${needed.toFixed(2)}`);
      // More than all slots does not fit into the bar, and is told apart by its pattern.
      bar.style.inlineSize = `${Math.min(100, 100 * (needed ?? 0))}%`;
      bar.classList.toggle('over', (needed ?? 0) > 1);
    }
    this.#showSteps(history);
  }

  /** @param {readonly { readonly name: string }[]} rungs */
  #build(rungs) {
    this.#rungs = rungs.map(({ name }) => {
      const [mark, load, bar] = [
        element('span', { class: 'mark' }),
        element('span', { class: 'load' }),
        element('div'),
      ];
      const item = element('li', {}, element('span', { class: 'name' }, name), ' ', mark, ' ', load);
      item.append(element('div', { class: 'bar', 'aria-hidden': 'true' }, bar));
      return { item, mark, load, bar };
    });
    byId('rungs').replaceChildren(...this.#rungs.map(({ item }) => item));
  }

  /** @param {import('./state-feed.js').ServerState['ladder']['history']} steps newest first */
  #showSteps(steps) {
    const texts = steps.map(({ kind, from, to, reason, secondsAgo }) => {
      const way = from === to ? '' : `${from} → ${to}. `;
      return [`${duration(Math.round(secondsAgo))} ago`, `${kinds[kind]}${way}${reason}`];
    });
    const shown = JSON.stringify(texts);
    if (shown === this.#shownSteps) return;
    this.#shownSteps = shown;
    const items = texts.map(([when = '', what = '']) =>
      element('li', {}, element('span', { class: 'soft' }, when), ' ', what),
    );
    byId('steps').replaceChildren(...(items.length > 0 ? items : [element('li', { class: 'soft' }, 'None yet.')]));
  }
}
