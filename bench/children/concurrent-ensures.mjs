// Many who want one model that is not here yet: concurrent-ensures.mjs STORE_FOLDER MODEL_FILE COUNT
import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { ModelStore } from '../../dist/model/store/store.js';
import { SlotPool } from '../../dist/pool/slot-pool.js';
import { loadAddon } from '../../dist/provider/addon.js';
import { report } from './report.mjs';

const [folder = '', file = '', count = '100'] = process.argv.slice(2);
const addon = loadAddon();
let questions = 0;
const hub = createServer((_, response) => {
  questions += 1;
  response.writeHead(200, { 'content-length': statSync(file).size });
  createReadStream(file).pipe(response);
}).listen(0, '127.0.0.1');
await once(hub, 'listening');
const address = hub.address();
const port = typeof address === 'object' ? address?.port : undefined;

const store = new ModelStore({ folder, hub: `http://127.0.0.1:${port}/` });
const pool = new SlotPool(2);
const sources = await Promise.all(
  Array.from({ length: Number(count) }, async () => {
    const { path, fileKey, alignment, source } = await store.ensure('tiny.en', { searchFolders: [] });
    await pool.load({ path, fileKey, alignment, flashAttention: false, gpu: false, threads: 1 });
    return source;
  }),
);
const downloaded = sources.filter((source) => source === 'download').length;
report({ questions, downloaded, ...addon.contextStatistics() });
await pool.close();
hub.close();
