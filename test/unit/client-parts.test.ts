import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { EventOrder } from '../../dist/client/event-order.js';
import { SendBuffer } from '../../dist/client/send-buffer.js';
import { ServerAddress } from '../../dist/client/server-address.js';
import { SourceClock } from '../../dist/client/source-clock.js';
import { Told } from '../../dist/client/told.js';

describe('a send buffer', () => {
  const never = Number.NEGATIVE_INFINITY;
  const bytes = (length: number) => new Uint8Array(length);

  /** Ten packets of 10 bytes, one a second. */
  function filled(): SendBuffer {
    const buffer = new SendBuffer();
    for (let at = 0; at < 10; at += 1) buffer.add(bytes(10), at);
    return buffer;
  }

  function sent(buffer: SendBuffer, notBeforeSeconds = never): readonly string[] {
    const said: string[] = [];
    for (let next = buffer.next(notBeforeSeconds); next; next = buffer.next(notBeforeSeconds)) {
      const toByte = next.kind === 'audio' ? next.fromByte + next.audio.length : next.toByte;
      said.push(`${next.kind} ${next.fromByte}–${toByte}`);
    }
    return said;
  }

  test('sends everything once, and goes on where the server is on a new connection', () => {
    const buffer = filled();
    expect(sent(buffer)).toHaveLength(10);
    expect(sent(buffer)).toEqual([]);
    buffer.goOnFrom(85);
    expect(sent(buffer)).toEqual(['audio 85–90', 'audio 90–100']);
  });

  test('gives up what the server has before what it has not', () => {
    const buffer = filled();
    buffer.receive(20);
    for (const which of ['received', 'received', 'unreceived'] as const) buffer.giveUpOldest(which);
    expect(buffer.oldestAtSeconds('received')).toBeUndefined();
    buffer.goOnFrom(20);
    expect(sent(buffer).slice(0, 2)).toEqual(['lost 20–30', 'audio 30–40']);
  });

  test('does not say that something is lost which the server has after all', () => {
    const buffer = filled();
    sent(buffer);
    buffer.giveUpOldest('unreceived');
    buffer.goOnFrom(30);
    expect(sent(buffer)[0]).toBe('audio 30–40');
  });

  test('gives up what is too old to be sent, but not what a server had and lost', () => {
    const buffer = filled();
    buffer.receive(30);
    buffer.beginAt(0);
    expect(sent(buffer, 6).slice(0, 5)).toEqual([
      'audio 0–10',
      'audio 10–20',
      'audio 20–30',
      'lost 30–60',
      'audio 60–70',
    ]);
  });

  test('forgets what is settled', () => {
    const buffer = filled();
    buffer.settle(95);
    expect(buffer.packets).toBe(1);
    expect(buffer.firstKept(0)).toBe(90);
  });
});

describe('what is told', () => {
  test('is told once, and is settled when nothing before it is open', () => {
    const told = new Told();
    expect(told.add({ from: 5, to: 10 })).toEqual([{ from: 5, to: 10 }]);
    expect(told.settled).toBe(0);
    expect(told.add({ from: 0, to: 7 })).toEqual([{ from: 0, to: 5 }]);
    expect(told.settled).toBe(10);
    expect(told.add({ from: 2, to: 9 })).toEqual([]);
    expect(told.within({ from: 8, to: 20 })).toEqual([{ from: 8, to: 10 }]);
  });
});

describe('the clock of a source', () => {
  test('makes one channel silent and leaves the other', () => {
    const clock = new SourceClock({ encoding: 'mulaw', sampleRate: 8000, channels: 2, channelMode: 'split' });
    const audio = Uint8Array.of(1, 2, 3, 4, 5, 6);
    clock.silence(audio, 100, 1, { from: 101, to: 103 });
    expect([...audio]).toEqual([1, 2, 3, 255, 5, 255]);
  });

  test('finds the frames that a time touches, whatever the rate', () => {
    const clock = new SourceClock({ encoding: 's16le', sampleRate: 44_100 });
    expect(clock.framesIn(0.1, 0.2)).toEqual({ from: 4410, to: 8820 });
    expect(clock.framesIn(1 / 16_000, 2 / 16_000)).toEqual({ from: 2, to: 6 });
  });

  test.each([
    ['no format', undefined],
    ['an encoding that does not exist', { encoding: 'mp3', sampleRate: 8000 }],
    ['a rate that is none', { encoding: 's16le', sampleRate: Number.NaN }],
  ])('refuses %s', (_name, format) => {
    expect(() => new SourceClock(format as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  });
});

describe('the order of events', () => {
  test('takes each once and notices what is missing', () => {
    const order = new EventOrder();
    expect([1, 2, 2, 1, 3, 5].map((sequence) => order.take(sequence))).toEqual([
      'next',
      'next',
      'known',
      'known',
      'next',
      'missing',
    ]);
    expect(order.lastSequence).toBe(3);
  });

  test('holds an acknowledgement until its events are there', () => {
    const order = new EventOrder();
    const ack = { kind: 'ack', sequence: 2, sources: [] } as const;
    order.hold(ack);
    order.take(1);
    expect(order.due()).toEqual([]);
    order.take(2);
    expect(order.due()).toEqual([ack]);
    expect(order.due()).toEqual([]);
  });
});

describe('the address of a server', () => {
  test('follows the session, and goes back when it is not reached', () => {
    const address = new ServerAddress('https://one.example/v1/live');
    expect(address.url).toBe('wss://one.example/v1/live');
    address.moveTo('wss://two.example/v1/live');
    expect(address.url).toBe('wss://two.example/v1/live');
    address.hasFailed();
    expect(address.url).toBe('wss://one.example/v1/live');
  });

  test.each(['ws://two.example/v1/live', 'no address', 'https://two.example'])('does not take the key to %s', (url) => {
    const address = new ServerAddress('wss://one.example/v1/live');
    address.moveTo(url);
    expect(address.url).toBe('wss://one.example/v1/live');
  });

  test.each(['', 'host', 'ftp://host'])('refuses %j', (url) => {
    expect(() => new ServerAddress(url)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  });
});

test('the built client imports nothing but itself and what goes over the wire', () => {
  const seen = new Set<string>();
  const open = [fileURLToPath(new URL('../../dist/client/index.js', import.meta.url))];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const code = readFileSync(path, 'utf8');
    expect(code).not.toMatch(/\brequire\(|\bBuffer\.|\bprocess\./u);
    for (const [, from = ''] of code.matchAll(/(?:\bfrom|^import|\bimport\()\s*['"](.+?)['"]/gmu)) {
      expect(from).toMatch(/^\.\.?\//u);
      open.push(fileURLToPath(new URL(from, `file://${path}`)));
    }
  }
  const folders = new Set([...seen].map((path) => path.replace(/^.*\/dist\//u, '').replace(/\/.*$/u, '')));
  expect([...folders].sort()).toEqual(['client', 'errors.js', 'wire']);
});
