import { EngineError } from '../errors.js';

/** Where the session is: at the address that was given, until a server says that another one holds it. */
export class ServerAddress {
  readonly #original: string;
  #url: string;

  /** @throws EngineError `OPTION_INVALID` */
  constructor(url: string | URL) {
    this.#original = checked(url);
    this.#url = this.#original;
  }

  get url(): string {
    return this.#url;
  }

  /** A key that was given for an encrypted connection is never sent over another one. */
  moveTo(url: string): void {
    const isAddress = URL.canParse(url) && /^wss?:/u.test(url);
    const isDowngrade = this.#original.startsWith('wss:') && !url.startsWith('wss:');
    this.#url = isAddress && !isDowngrade ? url : this.#original;
  }

  /** It could not be reached: the next attempt asks at the original address. */
  hasFailed(): void {
    this.#url = this.#original;
  }
}

function checked(url: string | URL): string {
  let address: URL;
  try {
    address = new URL(url);
  } catch (cause) {
    throw new EngineError('OPTION_INVALID', `'${String(url)}' is no address of a server.`, { cause });
  }
  const { protocol, href } = address;
  if (protocol === 'ws:' || protocol === 'wss:') return href;
  if (protocol === 'http:' || protocol === 'https:') return href.replace('http', 'ws');
  throw new EngineError('OPTION_INVALID', `'${href}' must begin with wss:// or ws://.`);
}
