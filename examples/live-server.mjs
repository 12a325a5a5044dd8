// Live text over a WebSocket, by the package ws (`npm install ws`; here a devDependency). A page to try it is at /.
//   node examples/live-server.mjs
// The client says {"name","encoding","sampleRate","channels"} as text, is told {"kind":"welcome","key","receivedBytes"}, sends
// audio in binary frames, {"kind":"end"} at its end, and gets the session's events. When the connection breaks it has 60 s to
// come back with {"key","after"}: it is told the events after that number, and goes on from the byte `receivedBytes`.
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { createEngine, EngineError } from '../dist/index.js'; // 'whisperpool' outside this repository

/** @typedef {{ key: string, session: import('../dist/index.js').Session, source: import('../dist/index.js').Source, receivedBytes: number, socket?: import('ws').WebSocket | undefined, token?: string }} Call */

/** Calls by the key that only their client knows. @type {Map<string, Call>} */
const calls = new Map();
const engine = await createEngine();

/** @param {Record<string, any>} hello @returns {Promise<Call>} */
async function answer({ key, name, encoding, sampleRate, channels }) {
  const known = calls.get(key);
  if (known?.socket) leave(known); // its connection broke, and nobody has noticed yet
  if (key !== undefined) engine.resumeSession(known?.token ?? '');
  if (known) return known;
  const session = await engine.openSession();
  try {
    const source = session.addSource(name, { format: { encoding, sampleRate, channels } });
    const call = { key: randomUUID(), session, source, receivedBytes: 0 };
    session.on('end', (event) => event.source === undefined && calls.delete(call.key));
    calls.set(call.key, call);
    return call;
  } catch (error) {
    await session.end();
    throw error;
  }
}

/** @param {Call} call */
function leave(call) {
  call.socket?.terminate();
  call.socket = undefined;
  call.token = call.session.detach();
}

/** @param {Call} call @param {import('ws').WebSocket} socket @param {number} after */
async function tell({ session }, socket, after) {
  const gone = new AbortController();
  socket.on('close', () => gone.abort());
  for await (const event of session.events({ after, signal: gone.signal })) {
    const json = JSON.stringify(event, (_, value) => (value instanceof EngineError ? value.toWire() : value));
    // One after the other: what a slow client has yet to read stays in the session's bounded log.
    await new Promise((sent) => socket.send(json, sent));
    if (event.kind === 'end' && event.source !== undefined) void session.end();
  }
  socket.close(1000);
}

/** @param {import('ws').WebSocket} socket @param {unknown} error */
function refuse(socket, error) {
  const { code, message } = EngineError.from(error, 'OPTION_INVALID', 'That was not understood.');
  socket.send(JSON.stringify({ kind: 'refused', code, message }));
  socket.close(code === 'SESSION_LIMIT' ? 1013 : 1008, code); // 1013: try again later
}

const server = createServer((_, response) => {
  response.setHeader('content-type', 'text/html');
  createReadStream(new URL('live-client.html', import.meta.url)).pipe(response);
});
const sockets = new WebSocketServer({ server, maxPayload: 1_000_000 });
sockets.on('connection', (socket) => {
  /** @type {Call | undefined} */
  let call;
  let turn = Promise.resolve();
  /** @param {Buffer} message @param {boolean} isBinary */
  const take = async (message, isBinary) => {
    if (!call) {
      const hello = JSON.parse(message.toString());
      call = await answer(hello);
      call.socket = socket;
      if (socket.readyState === socket.CLOSED) leave(call);
      socket.send(JSON.stringify({ kind: 'welcome', key: call.key, receivedBytes: call.receivedBytes }));
      tell(call, socket, hello.after ?? 0).catch((/** @type {unknown} */ error) => refuse(socket, error));
    } else if (call.socket === socket && isBinary) {
      call.receivedBytes += message.length;
      await call.source.write(message);
    } else if (call.socket === socket) void call.source.end();
  };
  socket.on('error', () => socket.terminate());
  socket.on('message', (message, isBinary) => {
    socket.pause(); // while the queue is full the client is held back
    turn = turn
      .then(() => take(/** @type {Buffer} */ (message), isBinary))
      .catch((/** @type {unknown} */ error) => refuse(socket, error))
      .then(() => socket.resume());
  });
  socket.on('close', (code) => {
    if (call?.socket !== socket || !calls.has(call.key) || !server.listening) return;
    if (code === 1000) void call.session.end();
    else leave(call);
  });
});
server.listen(Number(process.env['PORT'] ?? 8080), () => console.log('Listening on', server.address()));

process.once('SIGINT', () => {
  server.close();
  void engine.close().then(() => {
    for (const socket of sockets.clients) socket.close(1001);
  });
});
