import { Agent, type Dispatcher } from 'undici';
import { EngineError } from '../../errors.js';
import { AddressGuard } from './address-guard.js';
import { parseAudioUri } from './audio-uri.js';
import { aborted, reasonOf, refused, unreachable } from './refusal.js';
import type { UriPatience, UriRules } from './uri-rules.js';

const mostRedirects = 5;
const redirects = [301, 302, 303, 307, 308];

/** Asks hosts that strangers have named. Nothing of ours goes with the question: no cookies, no proxy, no name. */
export class GuardedClient {
  readonly #uri: string;
  readonly #guard: AddressGuard;
  readonly #timeouts: { readonly connect: number; readonly answer: number };
  #agent: Agent | undefined;

  constructor(uri: string, options: UriRules & UriPatience) {
    const { connectTimeoutSeconds = 10, answerTimeoutSeconds = 30 } = options;
    this.#uri = uri;
    this.#guard = new AddressGuard(options);
    this.#timeouts = { connect: 1000 * connectTimeoutSeconds, answer: 1000 * answerTimeoutSeconds };
  }

  /**
   * The answer that is no redirect; each address on the way is checked like the first. Its body must be read or destroyed.
   * @throws EngineError `URI_REFUSED`, `URI_UNREACHABLE`, `ABORTED`
   */
  async ask(method: 'GET' | 'HEAD', start: URL, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    let url = start;
    for (let count = 0; count <= mostRedirects; count += 1) {
      const answer = await this.#askOnce(method, url, signal);
      if (!redirects.includes(answer.statusCode)) return answer;
      answer.body.destroy();
      url = this.#redirection(url, [answer.headers['location']].flat()[0]);
    }
    throw unreachable(this.#uri, `it redirects more than ${mostRedirects} times`);
  }

  async close(): Promise<void> {
    await this.#agent?.destroy();
  }

  async #askOnce(method: 'GET' | 'HEAD', url: URL, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    this.#guard.check(url);
    const { connect: timeout, answer: headersTimeout } = this.#timeouts;
    await this.close();
    // An agent for one question: its look-up knows for which.
    this.#agent = new Agent({
      connect: { timeout, lookup: this.#guard.lookupFor(url) },
      headersTimeout,
      bodyTimeout: 0,
    });
    try {
      const answer = await this.#agent.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method,
        headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'whisperpool' },
        signal,
      });
      // Whoever reads the body hears of its errors; while nobody does, one must not end the process.
      answer.body.on('error', () => undefined);
      return answer;
    } catch (error) {
      if (error instanceof EngineError) throw error;
      if (signal.aborted) throw aborted(signal);
      throw unreachable(this.#uri, `the connection failed: ${reasonOf(error)}`, error);
    }
  }

  #redirection(from: URL, location: string | undefined): URL {
    if (location === undefined || !URL.canParse(location, from.href)) {
      throw unreachable(this.#uri, `it redirects to ${location ?? 'nowhere'}, which is no address`);
    }
    const target = parseAudioUri(new URL(location, from).href);
    if (target.kind === 'file' || (from.protocol === 'https:' && target.url.protocol === 'http:')) {
      throw refused(this.#uri, 'redirects to a scheme that is not followed', 'Give the address that it leads to.');
    }
    return target.url;
  }
}
