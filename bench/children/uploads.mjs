// A server that says how much memory it has, and what it has open: `url` and `reading` on its input, an answer a line.
import { createInterface } from 'node:readline';
import { createServer } from '../../dist/server/index.js';
import { openDescriptors } from '../processes.mjs';
import { report, residentMebibytes } from './report.mjs';

const engine = { model: 'tiny.en', slots: 1, threadsPerSlot: 1, language: 'en' };
const server = await createServer({ port: 0, page: false, engine });
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'url') report(server.url);
  else report({ mebibytes: residentMebibytes().now, descriptors: openDescriptors() });
}
await server.close();
