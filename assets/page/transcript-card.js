import { formatTranscript } from '../client/transcript/format.js';
import { button, element, say } from './elements.js';
import { place } from './numbers.js';

/** @typedef {{ readonly startSeconds: number, readonly endSeconds: number, readonly text: string }} Passage */

/** A transcript that this page asked for: how far it is, its passages as they come, and what can be done with it. */
export class TranscriptCard {
  /** @type {Passage[]} */
  #passages = [];
  #name;
  #state = element('p', { class: 'soft', role: 'status' });
  #progress = element('progress', { 'aria-label': 'Progress' });
  #list = element('ol', { class: 'passages', role: 'log', 'aria-label': 'Transcript' });
  #partial = element('p', { class: 'partial' });
  #actions = element('div', { class: 'actions' });
  #stop;
  #end;

  /**
   * @param {string} name
   * @param {{ readonly stop?: (() => void) | undefined }} [acts] what stops it, where it can be
   */
  constructor(name, { stop } = {}) {
    this.#name = name;
    this.#stop = stop && button('Cancel', stop);
    this.#end = button('Remove', () => this.#remove(), { 'aria-label': `Remove ${name}` });
    this.#progress.hidden = true;
    this.article = element('article', { class: 'result' }, element('h3', {}, name), this.#state, this.#progress);
    this.article.append(this.#list, this.#partial, this.#actions);
    if (this.#stop) this.#actions.append(this.#stop);
  }

  /** @param {string} text */
  say(text) {
    say(this.#state, text);
  }

  /** @param {number | undefined} share done, undefined while nobody knows */
  progress(share) {
    this.#progress.hidden = false;
    if (share === undefined) this.#progress.removeAttribute('value');
    else this.#progress.value = share;
  }

  /** @param {Passage} passage */
  add(passage) {
    this.#passages.push(passage);
    this.#append(passage.startSeconds, passage.text.trim());
  }

  /** Audio that gave no text: it is seen here, and is not part of the text. @param {number} startSeconds @param {string} why */
  gap(startSeconds, why) {
    this.#append(startSeconds, element('em', {}, `Gap: ${why}`));
  }

  /** @param {string} text so far of what is being said */
  partial(text) {
    say(this.#partial, text);
  }

  /** Nothing more comes. @param {string} text */
  finish(text) {
    this.say(text);
    this.partial('');
    this.#progress.hidden = true;
    this.#stop?.remove();
    const hasText = this.#passages.length > 0;
    this.#actions.append(
      ...(hasText ? [this.#copy(), this.#save('txt'), this.#save('srt'), this.#save('vtt')] : []),
      this.#end,
    );
  }

  /** @param {string} text why it ended early */
  fail(text) {
    this.finish(text);
    this.article.classList.add('failed');
  }

  /** @param {number} startSeconds @param {string | Node} what */
  #append(startSeconds, what) {
    this.#list.append(element('li', {}, element('span', { class: 'time' }, place(startSeconds)), ' ', what));
    this.partial('');
  }

  /** @param {'txt' | 'srt' | 'vtt'} format */
  #written(format) {
    const segments = this.#passages.map((passage, index) => ({ index, ...passage }));
    return formatTranscript(/** @type {any} */ ({ segments }), format);
  }

  #copy() {
    const copy = async () => {
      try {
        await navigator.clipboard.writeText(this.#written('txt'));
        this.say('Copied.');
      } catch {
        // Browsers give the clipboard only to pages on https or on this machine.
        getSelection()?.selectAllChildren(this.#list);
        this.say('The text is selected: copy it with the keyboard.');
      }
    };
    return button('Copy', () => void copy());
  }

  /** @param {'txt' | 'srt' | 'vtt'} format */
  #save(format) {
    const save = () => {
      const href = URL.createObjectURL(new Blob([this.#written(format)], { type: 'text/plain;charset=utf-8' }));
      element('a', { href, download: `${this.#name.replace(/\.[^.]+$/u, '')}.${format}` }).click();
      setTimeout(() => URL.revokeObjectURL(href), 10_000);
    };
    return button(format.toUpperCase(), save, { 'aria-label': `Download as ${format.toUpperCase()}` });
  }

  #remove() {
    this.article.remove();
    document.getElementById('file')?.focus();
  }
}
