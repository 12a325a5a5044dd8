import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createServer, type WhisperpoolServer } from '../../dist/server/index.js';
import { converse, statuses } from './raw-http.js';

const folder = mkdtempSync(join(tmpdir(), 'whisperpool-multipart-'));
const jfk = readFileSync(new URL('../fixtures/jfk.flac', import.meta.url));
const failures: string[] = [];
let server: WhisperpoolServer;

beforeAll(async () => {
  const fail = (fields: object, message: string) => failures.push(JSON.stringify({ ...fields, message }));
  const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: fail };
  const engine = { model: 'tiny.en', slots: 1 };
  server = await createServer({
    port: 0,
    engine,
    uploadFolder: folder,
    uploadLimitBytes: 200_000,
    requestSeconds: 2,
    logger,
  });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function uploadsLeft(): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [entry.name] : [],
  );
}

const contents = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 0, max: 2000 }).map((length) => jfk.subarray(0, length)),
  fc.constant(Buffer.alloc(250_000, 'a')),
);
const binary = fc.string({ unit: 'binary', maxLength: 20 });
const upload = fc.record({
  name: fc.constant('file'),
  fileName: fc.oneof(fc.constantFrom('a.wav', '../../a'), binary),
  more: fc.constant(''),
  type: fc.constantFrom('audio/wav', 'text/plain'),
  body: contents,
});
const field = fc.record({
  name: fc.constantFrom('model', 'language', 'prompt', 'response_format', 'stream', 'temperature'),
  fileName: fc.constant(null),
  more: fc.constant(''),
  type: fc.constant(null),
  body: fc
    .oneof(fc.constantFrom('whisper-1', 'en', 'true', 'srt', '0', 'NaN', '', 'a'.repeat(70_000)), binary)
    .map((text) => Buffer.from(text)),
});
const stranger = fc.record({
  name: fc.oneof(fc.constantFrom('file', '__proto__', ''), binary),
  fileName: fc.option(binary),
  more: fc.constantFrom('', "; filename*=UTF-8''%ff%00", '; name=again', '; ', '"'),
  type: fc.constantFrom(null, 'application/json', 'multipart/mixed; boundary=b', '\u0000', 'x'.repeat(3000)),
  body: contents,
});
type Part = typeof upload | typeof field | typeof stranger extends fc.Arbitrary<infer Kind> ? Kind : never;
const part = fc.oneof(
  { arbitrary: upload, weight: 3 },
  { arbitrary: field, weight: 3 },
  { arbitrary: stranger, weight: 1 },
);
/** What happens to the bytes of a form on their way. */
const damage = fc.oneof(
  { arbitrary: fc.constant((form: Buffer) => form), weight: 12 },
  fc
    .double({ min: 0, max: 1, noNaN: true })
    .map((at) => (form: Buffer) => form.subarray(0, Math.floor(at * form.length))),
  fc
    .tuple(fc.double({ min: 0, max: 0.99, noNaN: true }), fc.uint8Array({ minLength: 1, maxLength: 8 }))
    .map(([at, bytes]) => (form: Buffer) => {
      const place = Math.floor(at * form.length);
      return Buffer.concat([form.subarray(0, place), bytes, form.subarray(place + 4)]);
    }),
  fc.constant((form: Buffer) => Buffer.from(form.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')),
  fc.constant((form: Buffer) => Buffer.concat([form, form])),
);
const boundary = fc.constantFrom('b', 'bb', '"b"', '"b', '', '--b', 'b'.repeat(200), 'b; boundary=c');

test('a form of any bytes is answered, never with a failure of the server, and leaves no file behind', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { maxLength: 4 }),
      damage,
      boundary,
      fc.boolean(),
      async (parts, damaged, mark, isChunked) => {
        const form = damaged(Buffer.concat([...parts.flatMap(partBytes), Buffer.from('--b--\r\n')]));
        const head = `POST /v1/audio/transcriptions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: multipart/form-data; boundary=${mark}\r\n`;
        const said = await converse(server.url, (socket) => {
          if (isChunked) {
            socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
            if (form.length > 0)
              socket.write(Buffer.concat([Buffer.from(`${form.length.toString(16)}\r\n`), form, Buffer.from('\r\n')]));
            socket.write('0\r\n\r\n');
          } else {
            socket.write(`${head}content-length: ${form.length}\r\n\r\n`);
            socket.write(form);
          }
        });
        const [status, ...more] = statuses(said);
        expect(more).toEqual([]);
        expect([200, 400, 404, 413], said).toContain(status);
      },
    ),
    { seed: 9, numRuns: 300, endOnFailure: true },
  );
  await expect.poll(uploadsLeft, { timeout: 30_000 }).toEqual([]);
  expect(failures).toEqual([]);
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
});

function partBytes({ name, fileName, more, type, body }: Part): Buffer[] {
  const file = fileName === null ? '' : `; filename="${fileName}"`;
  const typeLine = type === null ? '' : `content-type: ${type}\r\n`;
  const head = `--b\r\ncontent-disposition: form-data; name="${name}"${file}${more}\r\n${typeLine}\r\n`;
  return [Buffer.from(head), body, Buffer.from('\r\n')];
}
