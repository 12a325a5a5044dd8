import { openAsBlob } from 'node:fs';

/**
 * A client of the server: sends a file and gives its text.
 *
 * @param {string} url of the server
 * @param {string} path
 * @returns {Promise<string>}
 */
export async function upload(url, path) {
  const form = new FormData();
  form.set('model', 'whisper-1');
  form.set('file', await openAsBlob(path), 'clip.wav');
  const response = await fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', body: form });
  if (!response.ok) throw new Error(`The server answered ${response.status}: ${await response.text()}`);
  /** @type {any} */
  const { text } = await response.json();
  return text;
}
