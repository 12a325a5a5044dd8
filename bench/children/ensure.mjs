// What it costs to find and check a model that is here: ensure.mjs CACHE_FOLDER MODEL COUNT
import { readFileSync } from 'node:fs';
import { ModelStore } from '../../dist/model/store/store.js';
import { timed } from '../spread.mjs';
import { report } from './report.mjs';

const [cacheFolder = '', model = 'base', count = '50'] = process.argv.slice(2);
process.env['WHISPERPOOL_CACHE'] = cacheFolder;
const store = new ModelStore();

const bytesBefore = bytesRead();
const first = await ensure();
const bytes = bytesRead() - bytesBefore;
const later = [];
for (let i = 0; i < Number(count); i += 1) later.push(await ensure());
report({ first, bytes, later });

async function ensure() {
  let checked = '';
  const seconds = await timed(async () => {
    ({ checked } = await store.ensure(model, { mode: 'offline' }));
  });
  if (checked !== 'sha256') throw new Error(`Of ${model} only the ${checked} was checked.`);
  return seconds;
}

/** Bytes that this process has read from files, whether they came from the disk or from memory. */
function bytesRead() {
  if (process.platform !== 'linux') return Number.NaN;
  return Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}
