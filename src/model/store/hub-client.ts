import { Agent, type Dispatcher } from 'undici';
import { downloadFailed } from '../refusal.js';
import { authorization, fileAddress, hubBase, redirection, shownAddress } from './hub-address.js';
import { publicLookup } from './public-address.js';
import type { ResolvedStoreOptions } from './store-options.js';

const mostRedirects = 5;
const redirects = [301, 302, 303, 307, 308];

/** Asks the hub for one of its files, wherever the hub sends us for it. */
export class HubClient {
  readonly #hub: URL;
  readonly #fileName: string;
  /** For the hub's own host, which may well be in a private network. */
  readonly #own: Agent;
  /** For the hosts that it redirects to. */
  readonly #strangers: Agent;

  /** @throws EngineError `OPTION_INVALID` when the hub's address is none */
  constructor(fileName: string, options: ResolvedStoreOptions) {
    const { connectTimeoutSeconds, answerTimeoutSeconds } = options;
    const timeout = 1000 * connectTimeoutSeconds;
    const limits = { headersTimeout: 1000 * answerTimeoutSeconds, bodyTimeout: 0 };
    this.#hub = hubBase(options.hub);
    this.#fileName = fileName;
    this.#own = new Agent({ ...limits, connect: { timeout } });
    this.#strangers = new Agent({ ...limits, connect: { timeout, lookup: publicLookup } });
  }

  /** Where the file is asked for, in words. */
  get address(): string {
    return shownAddress(fileAddress(this.#hub, this.#fileName));
  }

  /**
   * The answer that is no redirect. Its body must be read or destroyed.
   * @throws EngineError `MODEL_DOWNLOAD_FAILED` for a redirect that is not followed, and what undici throws
   */
  async get(headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    let address = fileAddress(this.#hub, this.#fileName);
    for (let count = 0; count <= mostRedirects; count += 1) {
      const answer = await this.#ask(address, headers, signal);
      if (!redirects.includes(answer.statusCode)) return answer;
      answer.body.destroy();
      const next = redirection(address, [answer.headers['location']].flat()[0], this.#hub);
      if (next.kind === 'refuse') throw downloadFailed(this.address, next.why);
      address = next.address;
    }
    throw downloadFailed(this.address, `the hub redirects more than ${mostRedirects} times`);
  }

  close(): Promise<unknown> {
    return Promise.all([this.#own.destroy(), this.#strangers.destroy()]);
  }

  async #ask(
    address: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const known = authorization(this.#hub, address);
    const agent = address.host === this.#hub.host ? this.#own : this.#strangers;
    const answer = await agent.request({
      origin: address.origin,
      path: `${address.pathname}${address.search}`,
      method: 'GET',
      headers: {
        accept: '*/*',
        'accept-encoding': 'identity',
        'user-agent': 'whisperpool',
        ...headers,
        ...(known !== undefined && { authorization: known }),
      },
      signal,
    });
    // Whoever reads the body hears of its errors; while nobody does, one must not end the process.
    answer.body.on('error', () => undefined);
    return answer;
  }
}
