import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A port of loopback that nobody listens on now.
 *
 * @returns {Promise<number>}
 */
export async function freePort() {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  await new Promise((closed) => listener.close(closed));
  if (typeof address !== 'object' || !address) throw new Error('There is no free port.');
  return address.port;
}
