import { LiveClient } from '../client/client/index.js';
import { byId, say } from './elements.js';
import { askForKey, key } from './key.js';
import { record } from './recording.js';
import { TranscriptCard } from './transcript-card.js';

/** A level meter begins here, in decibels below full scale. */
const quietest = -60;
/** Another name in every tab. */
const sourceName = `microphone ${crypto.getRandomValues(new Uint16Array(1))[0]?.toString(36)}`;

/** The microphone's button, its level, how its connection is, and the text that comes of it. */
export class Microphone {
  /** Of its source. */
  name = sourceName;
  #button = byId('microphone');
  #level = /** @type {HTMLMeterElement} */ (byId('level'));
  /** What the button does. @type {() => void} */
  #act = () => void this.#start();

  constructor() {
    this.#button.addEventListener('click', () => this.#act());
  }

  async #start() {
    this.#act = () => undefined;
    this.#say('Waiting for the microphone…');
    /** @type {(bytes: Uint8Array) => void} */
    let take = () => undefined;
    try {
      const recording = await record((bytes, loudness) => {
        this.#level.value = Math.max(0, 1 - (20 * Math.log10(loudness)) / quietest);
        take(bytes);
      });
      say(this.#button, 'Stop the microphone');
      this.#button.classList.add('on');
      this.#level.hidden = false;
      take = this.#listen(recording);
    } catch (error) {
      this.#rest(/** @type {Error} */ (error).message);
    }
  }

  /** @param {Awaited<ReturnType<typeof record>>} recording @returns {(bytes: Uint8Array) => void} what takes the audio */
  #listen(recording) {
    const client = new LiveClient(new URL('v1/live', document.baseURI), { key: key() });
    const format = /** @type {const} */ ({ encoding: 's16le', sampleRate: recording.sampleRate, channels: 1 });
    const source = client.addSource(sourceName, { format });
    const card = new TranscriptCard(`Microphone ${new Date().toLocaleTimeString('en-GB', { timeStyle: 'short' })}`);
    byId('results').prepend(card.article);

    const hush = () => {
      this.#button.classList.remove('on');
      recording.stop();
      this.#level.hidden = true;
    };
    const stop = () => {
      hush();
      this.#say('The last words are on their way…');
      say(this.#button, 'Give up the last words');
      this.#act = () => client.abort();
      // What becomes of it is told as a state, too.
      client.end().catch(() => undefined);
    };
    let isOver = false;
    /** @param {string} text */
    const finish = (text) => {
      if (isOver) return;
      isOver = true;
      hush();
      client.abort();
      card.finish(text);
      this.#rest(text);
    };
    client.on('partial', ({ text }) => card.partial(text));
    client.on('final', (final) => card.add(final));
    client.on('gap', ({ startSeconds, message }) => {
      card.gap(startSeconds, message);
    });
    client.on('state', (state) => {
      if (state.kind === 'lost' || state.kind === 'refused' || state.kind === 'ended') finish(wordsFor(state));
      else this.#say(wordsFor(state));
      if (state.kind === 'refused' && state.error.code === 'KEY_REFUSED') void askForKey();
    });
    recording.onLost(stop);
    this.#act = stop;
    return (bytes) => void source.write(bytes).catch(() => undefined);
  }

  /** @param {string} text */
  #say(text) {
    say(byId('microphone-state'), text);
  }

  /** Ready to begin anew. @param {string} text */
  #rest(text) {
    this.#act = () => void this.#start();
    this.#say(text);
    this.#level.hidden = true;
    say(this.#button, 'Start the microphone');
  }
}

/** @param {import('../client/client/index.js').ClientState} state */
function wordsFor(state) {
  switch (state.kind) {
    case 'connecting':
      return state.attempt === 0 ? 'Connecting…' : `Connecting again, attempt ${state.attempt}…`;
    case 'live':
      return 'Listening';
    case 'waiting':
      return `No connection; the last 30 s are kept. ${state.reason}`;
    case 'lost':
    case 'refused':
      return state.error.message;
    case 'ended':
      return 'Ended.';
  }
}
