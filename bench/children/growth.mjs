// Memory over many transcriptions in one process: growth.mjs MODEL COUNT FILE...
import { createEngine } from '../../dist/index.js';
import { report, residentMebibytes } from './report.mjs';

const [model = 'base', count = '200', ...files] = process.argv.slice(2);
const engine = await createEngine({ model, slots: 1, threadsPerSlot: 1, language: 'en' });
const mebibytes = [];
for (let i = 0; i < Number(count); i += 1) {
  await engine.transcribe(files[i % files.length] ?? '');
  mebibytes.push(residentMebibytes().now);
}
report({ mebibytes });
await engine.close();
