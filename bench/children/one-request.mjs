// One request in a process of its own: one-request.mjs MODEL THREADS FILE
import { createEngine } from '../../dist/index.js';

const [model = 'base', threads = '1', file = ''] = process.argv.slice(2);
const engine = await createEngine({ model, slots: 1, threadsPerSlot: Number(threads), language: 'en' });
console.log((await engine.transcribe(file)).text);
await engine.close();
