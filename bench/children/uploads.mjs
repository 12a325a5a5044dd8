// Memory of a server, and what it has open, over many uploads: uploads.mjs COUNT EVERY FILE
import { createServer } from '../../dist/server/index.js';
import { openDescriptors } from '../processes.mjs';
import { upload } from '../server/upload.mjs';
import { report, residentMebibytes } from './report.mjs';

const [count = '1000', every = '10', file = ''] = process.argv.slice(2);
const engine = { model: 'tiny.en', slots: 1, threadsPerSlot: 1, language: 'en' };
const server = await createServer({ port: 0, page: false, engine });
const readings = [];
for (let done = 1; done <= Number(count); done += 1) {
  await upload(server.url, file);
  if (done % Number(every) === 0) {
    readings.push({ done, mebibytes: residentMebibytes().now, descriptors: openDescriptors() });
  }
}
report({ readings });
await server.close();
