import { isIP } from 'node:net';
import { EngineError } from '../../errors.js';
import { hubAddress } from '../catalog.js';
import { setting } from '../search-path.js';
import { isPublicAddress } from './public-address.js';

/**
 * The address of the folder that the files are fetched from: the one given, `WHISPERPOOL_HUB`, or the public hub.
 * @throws EngineError `OPTION_INVALID`
 */
export function hubBase(given: string | undefined): URL {
  const text = given ?? setting('WHISPERPOOL_HUB') ?? hubAddress;
  if (/^https?:/i.test(text) && URL.canParse(text)) return new URL(text);
  throw new EngineError(
    'OPTION_INVALID',
    `The address of the model hub is '${text}'; it must be one of http or https, such as ${hubAddress}.`,
  );
}

/** The address of one of the hub's files, without credentials. */
export function fileAddress(hub: URL, fileName: string): URL {
  const address = withoutCredentials(hub);
  address.pathname = `${hub.pathname.replace(/\/+$/, '')}/${encodeURIComponent(fileName)}`;
  return address;
}

/** What may be told of an address: signed ones carry a secret behind the question mark. */
export function shownAddress(address: URL): string {
  return `${address.origin}${address.pathname}`;
}

/** The value of `Authorization` for a question to this address: the hub's own, for its own host only. */
export function authorization(hub: URL, address: URL): string | undefined {
  if (address.origin !== hub.origin || hub.username === '') return undefined;
  const credentials = `${decodeURIComponent(hub.username)}:${decodeURIComponent(hub.password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

export type Redirection =
  | { readonly kind: 'follow'; readonly address: URL }
  | { readonly kind: 'refuse'; readonly why: string };

/** Where a redirect leads, if it may be followed: under the same scheme, to the hub's own host or a public one. */
export function redirection(from: URL, location: string | undefined, hub: URL): Redirection {
  if (location === undefined || !URL.canParse(location, from.href)) {
    return { kind: 'refuse', why: `the hub redirects to ${location ?? 'nowhere'}, which is no address` };
  }
  const target = new URL(location, from);
  if (target.protocol !== from.protocol) {
    const schemes = `from ${from.protocol}// to ${target.protocol}//`;
    return { kind: 'refuse', why: `the hub redirects ${schemes}, and another scheme is never followed` };
  }
  const host = target.hostname.replace(/^\[|\]$/g, '');
  if (target.host !== hub.host && isIP(host) !== 0 && !isPublicAddress(host)) {
    return { kind: 'refuse', why: `the hub redirects to the private address ${host}` };
  }
  return { kind: 'follow', address: withoutCredentials(target) };
}

function withoutCredentials(address: URL): URL {
  const copy = new URL(address);
  copy.username = '';
  copy.password = '';
  return copy;
}
