import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { LiveFormat } from '../../dist/index.js';
import { bundled, joined, samplesOf, silence, spoken } from './clips.js';
import { encoded } from './live-source.js';

const microphone: LiveFormat = { encoding: 's16le', sampleRate: 16_000 };
const jfkSays = 'what your country can do for you ask what you can do for your country';

function startExample(fileName: string, args: readonly string[] = [], environment: Record<string, string> = {}) {
  const path = fileURLToPath(new URL(`../../examples/${fileName}`, import.meta.url));
  return spawn(process.execPath, [path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, WHISPERPOOL_MODEL: 'base', ...environment },
  });
}

async function ended(child: ChildProcess) {
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { exitCode, signal };
}

/** Resolves with what was printed when a line of it matches. */
function printed(child: ReturnType<typeof startExample>, line: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let all = '';
    child.stdout.on('data', (bytes: Buffer) => {
      all += bytes.toString();
      const match = line.exec(all);
      if (match) resolve(match);
    });
    child.on('close', () => reject(new Error(`It ended and had printed only: ${all}`)));
  });
}

describe('examples/replay.mjs', () => {
  test('plays a clip: partial texts to the terminal, finals to the output, and the books', async () => {
    const child = startExample('replay.mjs', [bundled('leopard_en.wav'), '2']);
    const [end, stdout, stderr] = await Promise.all([ended(child), text(child.stdout), text(child.stderr)]);
    expect(end).toEqual({ exitCode: 0, signal: null });
    const finals = [...stdout.matchAll(/^\d+\.\d\d – \d+\.\d\d {2}(?<text>.*) {2}\(after \d+\.\d\d s\)$/gmu)];
    expect(spoken(finals.map((match) => match.groups?.['text']).join(' '))).toContain(
      'we are glad to welcome his gospel',
    );
    expect(stderr).toMatch(/^… /mu);
    expect(stdout).toMatch(/heardSeconds: 5\.\d+,/u);
    expect(stdout).toMatch(/imbalanceSamples: 0/u);
  });

  test('ends at once by Ctrl-C, with the code that says so', async () => {
    const child = startExample('replay.mjs', [bundled('harvard_8k.wav')]);
    const all = text(child.stderr);
    child.stdout.resume();
    child.stderr.once('data', () => child.kill('SIGINT'));
    expect(await ended(child)).toEqual({ exitCode: 130, signal: null });
    expect(await all).toMatch(/^… /u);
  });

  test('says so when the file is none', async () => {
    const child = startExample('replay.mjs', [bundled('jfk.mp3')]);
    const [end, stderr] = await Promise.all([ended(child), text(child.stderr)]);
    expect(end).toEqual({ exitCode: 1, signal: null });
    expect(stderr).toMatch(/^\S+jfk\.mp3 is not a wav file of 16-bit samples\.\n$/u);
  });
});

describe('examples/telephony.mjs', () => {
  test('tells the caller and the agent apart', async () => {
    const child = startExample('telephony.mjs', ['30']);
    const [end, stdout, stderr] = await Promise.all([ended(child), text(child.stdout), text(child.stderr)]);
    expect({ ...end, stderr }).toEqual({ exitCode: 0, signal: null, stderr: '' });
    const of = (who: string) =>
      spoken([...stdout.matchAll(new RegExp(`s  ${who} +(.*)$`, 'gmu'))].map((m) => m[1]).join(' '));
    for (const words of ['gold ring', 'small children', 'blind man']) {
      expect(of('caller')).toContain(words);
      expect(of('agent')).not.toContain(words);
    }
    for (const words of ['long journey', 'pink shell', 'severe storm']) {
      expect(of('agent')).toContain(words);
      expect(of('caller')).not.toContain(words);
    }
  });
});

const often = { interval: 5, timeout: 60_000 };

interface Message {
  readonly kind: string;
  readonly sequence?: number;
  readonly source?: string;
  readonly text?: string;
  readonly key?: string;
  readonly receivedBytes?: number;
  readonly code?: string;
  readonly message?: string;
}

/** A connection to the server, and all that it was told. */
class Client {
  readonly messages: Message[] = [];
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;

  constructor(port: string, hello: object) {
    this.#socket = new WebSocket(`ws://localhost:${port}/`);
    this.#socket.on('open', () => this.say(hello));
    this.#socket.on('message', (json: Buffer) => this.messages.push(JSON.parse(json.toString()) as Message));
    this.closed = new Promise((resolve) => this.#socket.on('close', resolve));
  }

  say(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  send(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 3200) this.#socket.send(bytes.subarray(at, at + 3200));
  }

  /** The first message of a kind. */
  async first(kind: string): Promise<Message> {
    const found = () => this.messages.find((message) => message.kind === kind);
    await expect.poll(found, often).toBeDefined();
    return found() ?? { kind };
  }

  /** The first message of all. */
  async answer(): Promise<Message> {
    await expect.poll(() => this.messages.length, often).toBeGreaterThan(0);
    return this.messages[0] ?? { kind: 'nothing' };
  }

  /** As a network does that is gone. */
  breakOff(): void {
    this.#socket.terminate();
  }

  close(): void {
    this.#socket.close(1000);
  }
}

describe('examples/live-server.mjs', () => {
  const hello = { name: 'microphone', encoding: 's16le', sampleRate: 16_000, channels: 1 };
  let server: ReturnType<typeof startExample>;
  let port: string;
  beforeEach(async () => {
    server = startExample('live-server.mjs', [], { PORT: '0' });
    port = (await printed(server, /port: (\d+)/u))[1] ?? '';
  });
  afterEach(async () => {
    server.kill('SIGINT');
    expect(await ended(server)).toEqual({ exitCode: 0, signal: null });
  });

  test('gives the words back, then the end, and closes', async () => {
    const client = new Client(port, hello);
    expect(await client.first('welcome')).toMatchObject({ receivedBytes: 0 });
    client.send(encoded(await samplesOf(bundled('jfk.wav')), microphone));
    client.say({ kind: 'end' });
    expect(await client.closed).toBe(1000);
    const finals = client.messages.filter((message) => message.kind === 'final');
    expect(spoken(finals.map((final) => final.text).join(' '))).toContain(jfkSays);
    expect(client.messages.slice(1).map((message) => message.sequence)).toEqual(
      client.messages.slice(1).map((_, at) => at + 1),
    );
    expect(client.messages.at(-1)).toMatchObject({ kind: 'end' });
    expect(client.messages.at(-1)).not.toHaveProperty('source');
  });

  test.each<[how: string, isNoticed: boolean]>([
    ['broken', true],
    ['replaced before anybody noticed that it broke', false],
  ])('goes on when the connection was %s: every event and every word exactly once', async (_how, isNoticed) => {
    const clip = await samplesOf(bundled('leopard_en.wav'));
    const bytes = encoded(joined(clip, silence(1), clip, silence(1), clip), microphone);
    const before = new Client(port, hello);
    const { key } = await before.first('welcome');
    before.send(bytes.subarray(0, bytes.length / 2));
    await before.first('final');
    if (isNoticed) before.breakOff();
    if (isNoticed) await before.closed;
    const known = [...before.messages];
    const after = known.at(-1)?.sequence ?? 0;
    const back = new Client(port, { key, after });
    const { receivedBytes = 0 } = await back.first('welcome');
    expect(receivedBytes).toBeGreaterThan(0);
    expect(receivedBytes).toBeLessThanOrEqual(bytes.length / 2);
    back.send(bytes.subarray(receivedBytes));
    back.say({ kind: 'end' });
    expect(await back.closed).toBe(1000);
    const events = [...known.slice(1), ...back.messages.slice(1)];
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, at) => at + 1));
    const finals = events.filter((event) => event.kind === 'final');
    expect(spoken(finals.map((final) => final.text).join(' ')).split('his gospel')).toHaveLength(4);
  });

  test('refuses by name what it cannot do, and serves on', async () => {
    for (const [wrong, code] of [
      [{ ...hello, encoding: 'opus' }, 'OPTION_INVALID'],
      [{ ...hello, sampleRate: 1 }, 'AUDIO_INVALID'],
      [{ key: 'of nobody', after: 0 }, 'SESSION_UNKNOWN'],
    ] as const) {
      const client = new Client(port, wrong);
      expect(await client.first('refused')).toMatchObject({ code, message: expect.any(String) });
      expect(await client.closed).toBe(1008);
    }
    const clients = Array.from({ length: 10 }, () => new Client(port, hello));
    await Promise.all(clients.map((client) => client.first('welcome')));
    const late = new Client(port, hello);
    expect(await late.first('refused')).toMatchObject({ code: 'SESSION_LIMIT' });
    expect(await late.closed).toBe(1013);
    for (const client of clients) client.close();
    await Promise.all(clients.map((client) => client.closed));
    // The server has yet to notice.
    await expect.poll(async () => (await new Client(port, hello).answer()).kind, often).toBe('welcome');
  });

  test('shows its page', async () => {
    const response = await fetch(`http://localhost:${port}/`, { headers: { connection: 'close' } });
    expect(await response.text()).toContain('Microphone on');
  });
});
