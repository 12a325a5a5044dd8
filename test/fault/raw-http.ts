import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What a server said on a connection until it closed it, or was silent for `silentSeconds` after its first word. */
export async function converse(url: string, write: (socket: Socket) => unknown, silentSeconds = 0.3): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let said = '';
  // A server that hangs up while it is written to resets the connection.
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1');
    socket.setTimeout(silentSeconds * 1000, () => socket.destroy());
  });
  const closed = new Promise((resolve) => {
    socket.once('close', resolve);
  });
  await write(socket);
  await closed;
  return said;
}

/** The status of each answer in what a server said. */
export function statuses(said: string): number[] {
  return [...said.matchAll(/^HTTP\/1\.1 (\d{3})/gmu)].map(([, status]) => Number(status));
}
