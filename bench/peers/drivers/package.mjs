import { createRequire } from 'node:module';
import path from 'node:path';
import { peerFolder } from '../place.mjs';

/**
 * A package out of a peer's own install.
 *
 * @param {string} peer
 * @param {string} name
 * @returns {unknown} the caller knows what it exports
 */
export function requirePeer(peer, name) {
  return createRequire(path.join(peerFolder(peer), 'package.json'))(name);
}
