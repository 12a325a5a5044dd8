// bench/native/decode_baseline.cc over the addon, with the same requests and answers: addon-decode.mjs MODEL_PATH
// VAD [BINARY]
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { loadAddon } from '../../dist/provider/addon.js';
import { textOf } from '../../dist/transcript/text-of.js';
import { Direct } from '../direct.mjs';

const [model = '', vad = '', binary] = process.argv.slice(2);
loadAddon(binary); // the first call decides
const direct = new Direct(model, vad);
for await (const line of createInterface({ input: process.stdin })) {
  const [encoderContext, , file = ''] = line.split('\t'); // `Direct` limits the tokens by the same rule
  const bytes = readFileSync(file);
  const pcm = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / Float32Array.BYTES_PER_ELEMENT);
  const start = performance.now();
  const decoded = direct.decode(pcm, Number(encoderContext));
  const seconds = (performance.now() - start) / 1000;
  console.log(`${seconds.toFixed(6)}\t${textOf(decoded.segments)}`);
}
direct.close();
