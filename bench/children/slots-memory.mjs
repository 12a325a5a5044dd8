// What four slots over one context need: slots-memory.mjs MODEL SLOTS FILE
import { createEngine } from '../../dist/index.js';
import { report, residentMebibytes } from './report.mjs';

const [model = 'base', count = '4', file = ''] = process.argv.slice(2);
const slots = Number(count);
const engine = await createEngine({ model, slots, threadsPerSlot: 1, language: 'en' });
const warmed = residentMebibytes().now;
for (let round = 0; round < 2; round += 1) {
  await Promise.all(Array.from({ length: slots }, () => engine.transcribe(file)));
}
report({ ...residentMebibytes(), warmed });
await engine.close();
