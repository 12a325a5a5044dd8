import { promises as dns } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { EngineError } from '../../errors.js';
import { isPublicAddress } from '../../model/store/public-address.js';
import { refused } from './refusal.js';
import type { AddressLookup, UriRules } from './uri-rules.js';

/**
 * Lets connections be made to allowed addresses only. It stands where the connection asks for the addresses of a host,
 * so that what was looked at is what is connected to: a name that leads elsewhere a moment later gains nothing.
 */
export class AddressGuard {
  readonly #allowsAll: boolean;
  readonly #allowed = new BlockList();
  readonly #addressesOf: AddressLookup;

  /** @throws EngineError `OPTION_INVALID` for a network that is none */
  constructor({ allowPrivate = false, lookup = systemLookup }: UriRules) {
    this.#allowsAll = allowPrivate === true;
    this.#addressesOf = lookup;
    for (const network of typeof allowPrivate === 'boolean' ? [] : allowPrivate) allow(this.#allowed, network);
  }

  /**
   * A URL that names an address is connected to without a look-up: this one stands before it. Other spellings of an
   * address, such as 0x7f.1, are the same ones by then.
   * @throws EngineError `URI_REFUSED`
   */
  check(url: URL): void {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0) this.#checkAddress(url.href, host);
  }

  /** In place of `dns.lookup`: one address that is not allowed makes the whole name refused. */
  lookupFor(url: URL): LookupFunction {
    return (host, { all }, done) => {
      this.#checkedAddresses(url.href, host).then(
        ([first, ...others]) => {
          if (all) done(null, [first, ...others]);
          else done(null, first.address, first.family);
        },
        (error: unknown) => done(error as Error, []),
      );
    };
  }

  async #checkedAddresses(uri: string, host: string): Promise<readonly [HostAddress, ...HostAddress[]]> {
    const addresses = (await this.#addressesOf(host)).map((address) => ({ address, family: isIP(address) }));
    for (const { address } of addresses) this.#checkAddress(uri, address);
    const [first, ...others] = addresses;
    if (!first) throw new Error(`${host} has no address`);
    return [first, ...others];
  }

  #checkAddress(uri: string, address: string): void {
    if (this.#allowsAll || isPublicAddress(address)) return;
    if (this.#allowed.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')) return;
    const instead = 'Give a public address, or name its network in `allowPrivate`.';
    throw refused(uri, `leads to the private address ${address}`, instead);
  }
}

interface HostAddress {
  readonly address: string;
  readonly family: number;
}

async function systemLookup(host: string): Promise<readonly string[]> {
  const found = await dns.lookup(host, { all: true });
  return found.map(({ address }) => address);
}

function allow(list: BlockList, network: string): void {
  const [address = '', bits = ''] = network.split('/');
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  if (family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > most) {
    throw new EngineError('OPTION_INVALID', `'${network}' in \`allowPrivate\` is no network. Write 10.1.0.0/16.`);
  }
  list.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
}
