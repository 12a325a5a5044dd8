import { byId } from './elements.js';

const place = 'whisperpool-key';
/** @type {Promise<void> | undefined} */
let asking;

/** The key that was given, for as long as the tab is open; undefined where none was asked for. */
export function key() {
  return sessionStorage.getItem(place) ?? undefined;
}

/** @returns {Record<string, string>} */
export function keyHeaders() {
  const known = key();
  return known === undefined ? {} : { authorization: `Bearer ${known}` };
}

/** Asks for the key, once for all who want it. Resolves when there is one. */
export function askForKey() {
  asking ??= ask().finally(() => {
    asking = undefined;
  });
  return asking;
}

async function ask() {
  const dialog = /** @type {HTMLDialogElement} */ (byId('key-dialog'));
  const input = /** @type {HTMLInputElement} */ (byId('key'));
  byId('key-refused').hidden = key() === undefined;
  input.value = '';
  // Without a key nothing works here: Escape does not close it.
  dialog.oncancel = (event) => event.preventDefault();
  dialog.showModal();
  await new Promise((resolve) => byId('key-form').addEventListener('submit', resolve, { once: true }));
  sessionStorage.setItem(place, input.value.trim());
}
