import { byId } from './elements.js';
import { askForKey } from './key.js';
import { TranscriptCard } from './transcript-card.js';
import { upload } from './upload.js';

/** Files that are dropped or chosen, one after the other. */
export class FileInput {
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  constructor() {
    const input = /** @type {HTMLInputElement} */ (byId('file'));
    const drop = byId('drop');
    input.addEventListener('change', () => {
      this.#take(input.files);
      // The same file can be chosen again.
      input.value = '';
    });
    const mark = (/** @type {boolean} */ isOver) => drop.classList.toggle('over', isOver);
    // A file that misses the zone would replace the page.
    addEventListener('dragover', (event) => {
      event.preventDefault();
      mark(drop.contains(/** @type {Node} */ (event.target)));
    });
    addEventListener('dragleave', () => mark(false));
    addEventListener('drop', (event) => {
      event.preventDefault();
      mark(false);
      if (drop.contains(/** @type {Node} */ (event.target))) this.#take(event.dataTransfer?.files ?? null);
    });
  }

  /** @param {FileList | null} files */
  #take(files) {
    for (const file of files ?? []) {
      const stop = new AbortController();
      const card = new TranscriptCard(file.name, { stop: () => stop.abort() });
      byId('results').prepend(card.article);
      card.say('Waits for the file before it.');
      this.#last = this.#last.then(() => transcribe(file, card, stop.signal));
    }
  }
}

/** @param {File} file @param {TranscriptCard} card @param {AbortSignal} signal */
async function transcribe(file, card, signal) {
  if (signal.aborted) {
    card.fail('Cancelled.');
    return;
  }
  const start = performance.now();
  let lastSeconds = 0;
  const onSent = (/** @type {number} */ share) => {
    card.say(share < 1 ? `Sending, ${Math.round(100 * share)} %` : 'Transcribing…');
    card.progress(share < 1 ? share : undefined);
  };
  onSent(0);
  try {
    await upload(file, {
      signal,
      onSent,
      onPassage(passage) {
        card.add(passage);
        lastSeconds = passage.endSeconds;
      },
    });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    card.finish(lastSeconds === 0 ? 'Nobody speaks in this file.' : `Done in ${seconds} s.`);
  } catch (error) {
    const { message, status } = /** @type {Error & { status?: number }} */ (error);
    card.fail(message);
    if (status === 401) void askForKey();
  }
}
