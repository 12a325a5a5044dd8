import { keyHeaders } from './key.js';

/**
 * @typedef {{ readonly type: 'transcript.text.delta', readonly delta: string, readonly start: number, readonly end: number }
 *   | { readonly type: 'transcript.text.done' }
 *   | { readonly error: { readonly message: string } }} TextEvent
 * @typedef {object} UploadListener
 * @property {(share: number) => void} onSent how much of the file is sent, 0 … 1
 * @property {(passage: import('./transcript-card.js').Passage) => void} onPassage
 */

/**
 * Sends a file to be transcribed and tells the text as it comes. XMLHttpRequest, because `fetch` does not say how much it
 * has sent.
 * @param {File} file
 * @param {UploadListener & { signal: AbortSignal }} listener
 * @returns {Promise<void>} rejects with an Error whose message is for people and, where it has one, the HTTP `status`
 */
export function upload(file, { onSent, onPassage, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const fail = (/** @type {string} */ message) =>
      reject(Object.assign(new Error(message), { status: request.status }));
    let readCharacters = 0;
    let isDone = false;
    const read = () => {
      const end = request.responseText.lastIndexOf('\n\n') + 2;
      if (request.status !== 200 || end < 2) return;
      for (const message of request.responseText.slice(readCharacters, end).split('\n\n')) {
        if (!message.startsWith('data: {')) continue;
        const event = /** @type {TextEvent} */ (JSON.parse(message.slice('data: '.length)));
        if ('error' in event) fail(event.error.message);
        else if (event.type === 'transcript.text.done') isDone = true;
        else {
          onPassage({ startSeconds: event.start, endSeconds: event.end, text: event.delta.trim() });
        }
      }
      readCharacters = end;
    };
    request.upload.addEventListener('progress', ({ loaded, total }) => onSent(loaded / total));
    request.addEventListener('progress', read);
    request.addEventListener('load', () => {
      read();
      if (request.status !== 200) fail(messageOf(request));
      else if (isDone) resolve();
      else fail('The answer broke off.');
    });
    request.addEventListener('error', () => fail('The connection to the server was lost.'));
    request.addEventListener('abort', () => fail('Cancelled.'));
    signal.addEventListener('abort', () => request.abort(), { once: true });

    const form = new FormData();
    // What comes after the file would be read too late.
    form.append('stream', 'true');
    form.append('file', file);
    request.open('POST', 'v1/audio/transcriptions');
    for (const [name, value] of Object.entries(keyHeaders())) request.setRequestHeader(name, value);
    request.send(form);
  });
}

/** @param {XMLHttpRequest} request */
function messageOf({ responseText, status, statusText }) {
  try {
    return JSON.parse(responseText).error.message;
  } catch {
    return `The server answered ${status} ${statusText}.`;
  }
}
