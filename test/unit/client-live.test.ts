import { describe, expect, test } from 'vitest';
import { type ClientOptions, LiveClient, type WebSocketLike } from '../../dist/client/index.js';
import type { ServerMessage } from '../../dist/wire/live-messages.js';
import { ManualClock } from '../manual-clock.js';

const format = { encoding: 's16le', sampleRate: 8000 } as const;
const second = new Uint8Array(16_000);

class ScriptedSocket implements WebSocketLike {
  static opened: ScriptedSocket[] = [];
  binaryType = 'blob';
  readyState = 0;
  bufferedAmount = 0;
  onopen: (() => unknown) | null = null;
  onmessage: ((event: { readonly data: string }) => unknown) | null = null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => unknown) | null = null;
  onerror: (() => unknown) | null = null;
  readonly said: { readonly kind: string }[] = [];
  audioBytes = 0;

  constructor(readonly url: string) {
    ScriptedSocket.opened.push(this);
  }

  send(message: string | Uint8Array): void {
    if (typeof message === 'string') this.said.push(JSON.parse(message) as { kind: string });
    else this.audioBytes += message.length - 12;
  }

  close(): void {
    this.readyState = 3;
  }

  open(...messages: readonly ServerMessage[]): void {
    this.readyState = 1;
    this.onopen?.();
    for (const message of messages) this.tell(message);
  }

  tell(message: ServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  end(code: number): void {
    this.onclose?.({ code, reason: '' });
  }
}

const opened: ServerMessage = { kind: 'opened', session: 's', token: 'token 1', resumeSeconds: 60 };
const ack = (receivedBytes: number): ServerMessage => {
  return { kind: 'ack', sequence: 0, sources: [{ id: 0, receivedBytes, settledSeconds: 0 }] };
};

async function dialling(options: ClientOptions = {}) {
  ScriptedSocket.opened = [];
  const clock = new ManualClock();
  const client = new LiveClient('wss://one.example/v1/live', {
    webSocket: ScriptedSocket,
    clock,
    chance: () => 0.5,
    ...options,
  });
  const states: string[] = [];
  client.on('state', ({ kind }) => states.push(kind));
  await Promise.resolve();
  const next = () => ScriptedSocket.opened.at(-1) ?? expect.fail('It does not dial.');
  return { client, clock, states, next };
}

const settledNow = async (promise: Promise<unknown>) => {
  const waits = Symbol('waits');
  await new Promise(setImmediate);
  return (await Promise.race([promise, Promise.resolve(waits)])) !== waits;
};

describe('a client', () => {
  test('says its key and its options in its first message, and resumes with its token', async () => {
    const { clock, next } = await dialling({ key: 'secret', language: 'en' });
    next().open(opened);
    expect(next().said).toEqual([{ kind: 'open', protocol: 1, key: 'secret', session: { language: 'en' } }]);
    next().end(1006);
    clock.advance(1);
    next().open();
    expect(next().said).toEqual([{ kind: 'resume', protocol: 1, key: 'secret', token: 'token 1', after: 0 }]);
  });

  test('takes a server that says nothing for 10 s for dead', async () => {
    const { client, clock, next } = await dialling();
    next().open(opened);
    clock.advance(9);
    next().tell(ack(0));
    clock.advance(9.9);
    expect(client.state.kind).toBe('live');
    clock.advance(0.2);
    expect(client.state).toMatchObject({ kind: 'waiting', attempt: 1, retryInSeconds: 1 });
  });

  test('goes where the session is, and back when nobody is there', async () => {
    const { clock, next } = await dialling();
    next().open({ kind: 'moved', url: 'wss://two.example/v1/live' });
    next().end(4307);
    clock.advance(0);
    expect(next().url).toBe('wss://two.example/v1/live');
    next().end(1006);
    clock.advance(2);
    expect(next().url).toBe('wss://one.example/v1/live');
  });

  test('opens another session when events are missing, and ends the old one', async () => {
    const { clock, next } = await dialling();
    next().open(opened);
    const first = next();
    first.tell({ kind: 'event', event: { kind: 'missed', fromSequence: 1, toSequence: 4, count: 4 } });
    expect(first.said.at(-1)).toEqual({ kind: 'end' });
    clock.advance(0);
    next().open();
    expect(next().said).toMatchObject([{ kind: 'open' }]);
  });

  test('holds writes back while the server has yet to take what was written', async () => {
    const { client, next } = await dialling({ buffer: { aheadSeconds: 2 } });
    const mic = client.addSource('mic', { format });
    next().open(opened);
    await mic.write(second);
    const third = mic.write(new Uint8Array(32_000));
    expect(await settledNow(third)).toBe(false);
    next().tell(ack(16_000));
    expect(await settledNow(third)).toBe(true);
    expect(next().audioBytes).toBe(48_000);
  });

  test('sends no more than the network takes', async () => {
    const { client, clock, next } = await dialling();
    const mic = client.addSource('mic', { format });
    next().open(opened);
    next().bufferedAmount = 100_000;
    await mic.write(second);
    expect(next().audioBytes).toBe(0);
    next().bufferedAmount = 0;
    clock.advance(0.1);
    expect(next().audioBytes).toBe(16_000);
  });

  test('sends a rest that fills no packet after a moment', async () => {
    const { client, clock, next } = await dialling();
    const mic = client.addSource('mic', { format });
    next().open(opened);
    await mic.write(new Uint8Array(641));
    expect(next().audioBytes).toBe(0);
    clock.advance(0.1);
    expect(next().audioBytes).toBe(640);
  });

  test.each([
    ['waits', 'wait', false, 0],
    ['gives up the oldest', 'dropOldest', true, 1],
  ] as const)('%s when its buffer is full and nobody hears it', async (_name, whenFull, isTaken, gaps) => {
    const { client, next } = await dialling({ buffer: { packets: 10, whenFull } });
    const told: number[] = [];
    client.on('gap', ({ startSeconds, endSeconds }) => told.push(startSeconds, endSeconds));
    const mic = client.addSource('mic', { format });
    await mic.write(second);
    const more = mic.write(new Uint8Array(1600));
    expect(await settledNow(more)).toBe(isTaken);
    next().open(opened);
    expect(told).toEqual(gaps === 0 ? [] : [0, 0.1]);
    client.abort();
    if (isTaken) await more;
    else await expect(more).rejects.toMatchObject({ code: 'SOURCE_ENDED' });
  });

  test('is lost after 15 attempts, and goes on by hand with what it kept', async () => {
    const { client, clock, next } = await dialling({ buffer: { ttlSeconds: 10_000 } });
    const mic = client.addSource('mic', { format });
    await mic.write(second);
    const ended = client.end();
    for (let attempt = 0; attempt < 16; attempt += 1) {
      next().end(1006);
      clock.advance(100);
    }
    expect(client.state).toMatchObject({ kind: 'lost', error: { code: 'CONNECTION_LOST' } });
    await expect(ended).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await expect(client.end()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(clock.pending).toBe(0);
    client.reconnect();
    await Promise.resolve();
    next().open(opened);
    expect(client.state.kind).toBe('live');
    expect(next().audioBytes).toBe(16_000);
  });

  test('makes a gap of everything that is not told when it is aborted', async () => {
    const { client, clock, states } = await dialling();
    const mic = client.addSource('mic', { format });
    await mic.write(second);
    const { sources } = client.abort();
    expect(sources).toMatchObject([
      { ledger: { writtenSeconds: 1, gapSeconds: 1, settledSeconds: 0, openSeconds: 0 } },
    ]);
    expect(states).toEqual(['ended']);
    expect(clock.pending).toBe(0);
    await expect(mic.write(second)).rejects.toMatchObject({ code: 'SOURCE_ENDED' });
    expect(() => client.addSource('more', { format })).toThrow(expect.objectContaining({ code: 'SESSION_ENDED' }));
  });

  test.each<[name: string, options: ClientOptions]>([
    ['packets', { buffer: { packets: 1 } }],
    ['a time to live', { buffer: { ttlSeconds: 0 } }],
    ['a way when full', { buffer: { whenFull: 'burn' as never } }],
    ['silence', { silenceSeconds: -1 }],
  ])('refuses %s that cannot be', (_name, options) => {
    expect(() => new LiveClient('ws://host', options)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  });

  test('refuses a second source of a name, and bytes that are none', async () => {
    const { client } = await dialling();
    const mic = client.addSource('mic', { format });
    expect(() => client.addSource('mic', { format })).toThrow(expect.objectContaining({ code: 'SOURCE_EXISTS' }));
    await expect(mic.write('bytes' as never)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    client.abort();
  });
});
