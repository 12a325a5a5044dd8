// What each step towards a working slot adds: state-memory.mjs MODEL_PATH VAD FILE plain|flash
import { Direct } from '../direct.mjs';
import { report, residentMebibytes } from './report.mjs';

const [model = '', vad = '', file = '', attention = 'plain'] = process.argv.slice(2);
const options = { flashAttention: attention === 'flash' };
const before = residentMebibytes().now;
const first = new Direct(model, vad, options);
const pcm = first.readAudio(file);
first.decode(pcm);
const withOne = residentMebibytes().now;
const second = new Direct(model, vad, options);
const warmed = residentMebibytes().now;
second.decode(pcm);
const decoded = residentMebibytes().now;
second.decode(pcm, 0);
const full = residentMebibytes().now;
report([before, withOne - before, warmed - withOne, decoded - warmed, full - decoded]);
second.close();
first.close();
