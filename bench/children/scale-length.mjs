// What one file of some length takes: scale-length.mjs MODEL SLOTS FILE TIMES LIMIT_SECONDS
import { createEngine, EngineError } from '../../dist/index.js';
import { spreadOf, timed } from '../spread.mjs';
import { report, residentMebibytes } from './report.mjs';

const [model = '', slots = '2', file = '', times = '1', limit = '60'] = process.argv.slice(2);
const engine = await createEngine({ model, slots: Number(slots), threadsPerSlot: 1, language: 'en' });
await engine.health({ deep: true });
const before = residentMebibytes().now;
const signal = AbortSignal.timeout(1000 * Number(limit));
const takes = [];
try {
  for (let time = 0; time < Number(times); time += 1) {
    takes.push(await timed(() => engine.transcribe(file, { signal })));
  }
} catch (error) {
  if (!(error instanceof EngineError && error.code === 'ABORTED')) throw error;
}
report({ seconds: takes.length > 0 ? spreadOf(takes).median : undefined, before, peak: residentMebibytes().peak });
await engine.close({ force: true });
