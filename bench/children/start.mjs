// From the start of a process to its first transcripts: start.mjs CACHE_FOLDER MODEL FILE
import { createEngine } from '../../dist/index.js';
import { timed } from '../spread.mjs';
import { report } from './report.mjs';

const REQUESTS = 4;

const [cacheFolder = '', model = 'base', file = ''] = process.argv.slice(2);
process.env['WHISPERPOOL_CACHE'] = cacheFolder;
const imported = performance.now() / 1000;
const engine = await createEngine({ model, slots: 1, threadsPerSlot: 1, language: 'en' });
const ready = performance.now() / 1000 - imported;
const requests = [];
for (let i = 0; i < REQUESTS; i += 1) requests.push(await timed(() => engine.transcribe(file)));
const { loadMs = Number.NaN, warmMs = Number.NaN } = engine.model.result ?? {};
report({ imported, ready, loadMs, warmMs, requests });
await engine.close();
