// Speech to text over HTTP. A client that hangs up stops the work it asked for.
//   node examples/http-upload.mjs
//   curl --data-binary @call.mp3 'http://localhost:8080/?language=en'
import { createServer } from 'node:http';
import { createEngine, EngineError } from '../dist/index.js'; // 'whisperpool' outside this repository

const mostBytes = 200_000_000;
const engine = await createEngine({ model: 'base' });

/** @param {unknown} error */
function statusOf(error) {
  if (!(error instanceof EngineError)) return 500;
  if (/^(AUDIO|LANGUAGE|OPTION)_/.test(error.code)) return 400;
  return error.code === 'DEADLINE_EXCEEDED' || error.code === 'ENGINE_CLOSED' ? 503 : 500;
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {AbortSignal} signal
 */
async function answer(request, signal) {
  if (request.method !== 'POST') return { status: 405, body: { error: 'POST the bytes of a recording.' } };
  if (!(Number(request.headers['content-length']) <= mostBytes)) {
    return { status: 413, body: { error: `Send a content-length of at most ${mostBytes} bytes.` } };
  }
  try {
    const language = new URL(request.url ?? '/', 'http://localhost').searchParams.get('language') ?? 'auto';
    const transcript = await engine.transcribe(request, { language, signal, deadlineSeconds: 600 });
    const { text, durationSeconds, segments } = transcript;
    return { status: 200, body: { text, language: transcript.language, durationSeconds, segments } };
  } catch (error) {
    return { status: statusOf(error), body: { error: error instanceof Error ? error.message : String(error) } };
  }
}

const server = createServer((request, response) => {
  const hangUp = new AbortController();
  response.on('close', () => hangUp.abort());
  void answer(request, hangUp.signal).then(({ status, body }) => {
    console.log(request.method, request.url, hangUp.signal.aborted ? 'hung up' : status);
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
  });
});
server.listen(Number(process.env['PORT'] ?? 8080), () => console.log('Listening on', server.address()));

process.once('SIGTERM', () => {
  server.close();
  void engine.close();
});
