/** A provider that keeps to the protocol: its text is the model's name and the sum of the samples. What else it does, the prompt says. */
import { capabilities, hello, listen, recognition, say } from './wire.mjs';

const models = new Map();
/** @type {Map<number, NodeJS.Timeout | undefined>} */
const held = new Map();
let decodes = 0;

for (let line = 0; line < Number(process.env['STRAY_LINES'] ?? 0); line += 1) say(`a library says hello ${line}`);
say(hello);

listen((request, samples) => {
  const { kind, id } = request;
  switch (kind) {
    case 'open':
      if (request.model.missing) {
        say({ kind: 'failed', id, error: { code: 'MODEL_MISSING', message: 'There is no such model.' } });
        break;
      }
      models.set(id, request.model);
      say({ kind: 'opened', id, capabilities: { ...capabilities, ...request.model.capabilities } });
      break;
    case 'close':
      models.delete(request.model);
      say({ kind: 'closed', id });
      break;
    case 'decode':
      decode(request, samples);
      break;
    case 'stop':
      if (held.has(id)) fail(id, 'ABORTED');
      break;
    case 'ping':
      say({ kind: 'pong', id });
      break;
    default:
      throw new Error(`What is ${kind}?`);
  }
});

/**
 * @param {any} request
 * @param {Float32Array} samples
 */
function decode({ id, model, prompt, deadlineSeconds }, samples) {
  decodes += 1;
  const sum = samples.reduce((total, sample) => total + sample, 0);
  const text = `${models.get(model).name} ${samples.length} ${sum}`;
  const answer = (says = text) => say({ kind: 'decoded', id, recognition: recognition(says, samples.length / 16_000) });
  switch (prompt) {
    case 'hold':
      held.set(
        id,
        deadlineSeconds === undefined
          ? undefined
          : setTimeout(() => fail(id, 'DEADLINE_EXCEEDED'), 1000 * deadlineSeconds),
      );
      break;
    case 'poison':
      process.kill(process.pid, 'SIGKILL');
      break;
    case 'slow':
      setTimeout(answer, 100);
      break;
    case 'count':
      answer(`${process.pid} ${decodes}`);
      break;
    case 'stream':
      say({ kind: 'text', id, text: 'so far' });
      answer();
      break;
    case 'environment':
      answer(JSON.stringify({ environment: Object.keys(process.env), folder: process.cwd() }));
      break;
    case 'refuse':
      say({ kind: 'failed', id, error: { code: 'WORKER_DIED', message: 'I cannot.' } });
      break;
    default:
      answer();
  }
}

/**
 * @param {number} id
 * @param {string} code
 */
function fail(id, code) {
  clearTimeout(held.get(id));
  held.delete(id);
  say({ kind: 'failed', id, error: { code, message: 'It was held.' } });
}
