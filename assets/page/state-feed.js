import { askForKey, keyHeaders } from './key.js';
import { serverEvents } from './server-events.js';

/** The server tells the state every second; who hears nothing for so long is not connected any more. */
const silenceSeconds = 10;
const longestPauseSeconds = 15;

/**
 * @typedef {import('../../dist/server/page/server-state.js').ServerState} ServerState
 * @typedef {import('../../dist/server/page/heard.js').Heard} Heard
 *
 * Follows the server's state for as long as the page is open.
 * @param {object} listener
 * @param {(state: ServerState) => void} listener.onState
 * @param {(heard: Heard) => void} listener.onHeard
 * @param {() => void} listener.onConnected
 * @param {(why: 'lost' | 'full') => void} listener.onLost
 */
export async function followState({ onState, onHeard, onConnected, onLost }) {
  let pauseSeconds = 1;
  for (;;) {
    /** @type {'lost' | 'full'} */
    let why = 'lost';
    const watchdog = new AbortController();
    let alarm = 0;
    const sign = () => {
      clearTimeout(alarm);
      alarm = setTimeout(() => watchdog.abort(), 1000 * silenceSeconds);
    };
    try {
      sign();
      const headers = { accept: 'text/event-stream', ...keyHeaders() };
      const response = await fetch('v1/state', { headers, cache: 'no-store', signal: watchdog.signal });
      if (response.status === 401) {
        clearTimeout(alarm);
        await askForKey();
        continue;
      }
      if (response.status === 429) why = 'full';
      const retryAfterSeconds = Number(response.headers.get('retry-after'));
      if (!response.ok || !response.body) throw Object.assign(new Error(response.statusText), { retryAfterSeconds });
      onConnected();
      pauseSeconds = 1;
      for await (const { event, data } of serverEvents(response.body)) {
        sign();
        if (event === 'state') onState(JSON.parse(data));
        if (event === 'heard') onHeard(JSON.parse(data));
      }
    } catch (error) {
      const { retryAfterSeconds = 0 } = /** @type {{ retryAfterSeconds?: number }} */ (error);
      pauseSeconds = Math.max(pauseSeconds, retryAfterSeconds);
    }
    clearTimeout(alarm);
    watchdog.abort();
    onLost(why);
    await new Promise((resolve) => setTimeout(resolve, 1000 * pauseSeconds));
    pauseSeconds = Math.min(longestPauseSeconds, 2 * pauseSeconds);
  }
}
