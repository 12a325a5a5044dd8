import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Own networks, this machine, and what is no single host: IANA's registries of special-purpose addresses. */
const inner: readonly (readonly [network: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
];
const innerIpv6: readonly (readonly [network: string, bits: number])[] = [
  // Unspecified, loopback, and the old form of an IPv4 address.
  ['::', 96],
  // An IPv4 address as a translator writes it, and one behind a tunnel.
  ['::ffff:0:0:0', 96],
  ['2001::', 32],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
];

const blocked = new BlockList();
for (const [network, bits] of inner) {
  // BlockList itself sees through ::ffff:a.b.c.d.
  blocked.addSubnet(network, bits, 'ipv4');
  blocked.addSubnet(`64:ff9b::${network}`, 96 + bits, 'ipv6');
  blocked.addSubnet(`2002:${hexPair(network, 0)}:${hexPair(network, 2)}::`, 16 + bits, 'ipv6');
}
for (const [network, bits] of innerIpv6) blocked.addSubnet(network, bits, 'ipv6');

/** True for an address that a stranger may send us to: not this machine, not a private or link-local network. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && !blocked.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** As `dns.lookup`, but a name that leads inside is an error: what was public when it was asked for may not stay so. */
export const publicLookup: LookupFunction = (host, options, done) => {
  lookup(host, { ...options, all: true }, (failure, addresses) => {
    if (failure) {
      done(failure, []);
      return;
    }
    const inside = addresses.find(({ address }) => !isPublicAddress(address));
    const first = addresses[0];
    if (inside) done(new PrivateAddressError(host, inside.address), []);
    else if (options.all || !first) done(null, addresses);
    else done(null, first.address, first.family);
  });
};

/** Behind a public name there is an address of an inner network. */
export class PrivateAddressError extends Error {
  constructor(host: string, address: string) {
    super(`${host} is the private address ${address}`);
  }
}

/** Two bytes of an IPv4 address, as IPv6 writes them. */
function hexPair(address: string, index: number): string {
  const [high = 0, low = 0] = address.split('.').slice(index).map(Number);
  return (256 * high + low).toString(16);
}
