// A whisperpool server as a process of its own, to be killed: `node server.mjs PORT SESSIONS`. Its port is the first line.
import { createServer } from '../../dist/server/index.js';

const [port = '0', sessions = '10'] = process.argv.slice(2);
const engine = { model: 'tiny.en', language: 'en', slots: 2, threadsPerSlot: 1, sessionLimit: Number(sessions) };
const server = await createServer({ port: Number(port), engine });
console.log(new URL(server.url).port);
process.once('SIGTERM', () => void server.drain());
