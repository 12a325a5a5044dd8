/** A provider that does one thing wrong, named by its argument. */
import { closeSync } from 'node:fs';
import { capabilities, hello, listen, recognition, say } from './wire.mjs';

const [, , fault = ''] = process.argv;

/**
 * Before it is asked anything.
 * @type {Record<string, () => unknown>}
 */
const atStart = {
  'exits-at-load': () => {
    process.stderr.write('cannot open libsums.so\n');
    process.exit(3);
  },
  'prints-garbage': () => {
    for (let line = 0; line < 1000; line += 1) say(`\u0007garbage ${line}`);
  },
  'says-nothing': () => setInterval(() => undefined, 1000),
  'speaks-another-protocol': () => say({ ...hello, protocol: 2 }),
  'gives-no-credit': () => say({ ...hello, credit: 0 }),
  'answers-before-hello': () => say({ kind: 'pong', id: 1 }),
  'closes-its-output': () => {
    closeSync(1);
    setInterval(() => undefined, 1000);
  },
  'writes-an-endless-line': () => {
    const part = 'x'.repeat(4096);
    const write = () => process.stdout.write(part, write);
    write();
  },
  'complains-without-end': () => {
    const complaint = 'x'.repeat(1023);
    for (let line = 0; line < 10_000; line += 1) process.stderr.write(`${complaint}\n`);
    process.stderr.write('the very last words\n', () => process.exit(1));
  },
};

/**
 * When it has a decode.
 * @type {Record<string, (request: { id: number }) => unknown>}
 */
const atDecode = {
  'answers-with-the-wrong-id': () => say({ kind: 'decoded', id: 999, recognition: recognition('wrong') }),
  'answers-with-another-kind': ({ id }) => say({ kind: 'closed', id }),
  'answers-with-an-unknown-kind': ({ id }) => say({ kind: 'sung', id }),
  'answers-with-broken-json': () => say('{"kind":"decoded"'),
  'answers-with-wrong-types': ({ id }) => say({ kind: 'decoded', id, recognition: { ...recognition(7) } }),
  'says-hello-twice': () => say(hello),
  'stops-itself': () => process.kill(process.pid, 'SIGSTOP'),
  'never-answers': () => undefined,
  'floods-its-output': () => {
    for (;;) say(`flood ${'x'.repeat(1000)}`);
  },
  'floods-its-output-with-texts': ({ id }) => {
    for (let line = 0; line < 100_000; line += 1) say({ kind: 'text', id, text: 'x'.repeat(1000) });
    say({ kind: 'decoded', id, recognition: recognition('after the flood') });
  },
  'dies-while-it-decodes': () => process.kill(process.pid, 'SIGKILL'),
  'stops-reading': () => {
    closeSync(0);
  },
};

const willNotEnd = () => {
  process.on('SIGTERM', () => undefined);
  setInterval(() => undefined, 1000);
};

const start = atStart[fault];
if (start) start();
else {
  say(hello);
  /** @param {any} request */
  const answer = (request) => {
    const { kind, id } = request;
    if (kind === 'open') say({ kind: 'opened', id, capabilities });
    if (kind === 'ping') say({ kind: 'pong', id });
    if (kind === 'decode') atDecode[fault]?.(request);
  };
  listen(answer, fault === 'will-not-end' ? willNotEnd : undefined);
}
