import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEngine, type Engine, EngineError, type LiveFormat } from '../../dist/index.js';
import type { Gate } from '../../dist/server/gate.js';
import { type ClientMessage, liveProtocol } from '../../dist/wire/live-messages.js';
import { bundled, samplesOf, spoken } from '../live/clips.js';
import { encoded } from '../live/live-source.js';
import { ManualClock } from '../manual-clock.js';
import { type LiveServer, RawLiveClient, serveLive } from '../raw-live-client.js';

const pcm: LiveFormat = { encoding: 's16le', sampleRate: 16_000 };
const floats: LiveFormat = { encoding: 'f32le', sampleRate: 16_000 };
const speech = encoded(await samplesOf(bundled('jfk.wav')), pcm);
const open: ClientMessage = { kind: 'open', protocol: liveProtocol };
const source = (id: number, name = `source ${id}`, format = pcm): ClientMessage => ({
  kind: 'source',
  id,
  name,
  options: { format },
});

let engine: Engine;
let server: LiveServer;
let clock: ManualClock;
/** Sessions at the gate, and what went wrong there. */
let places: { taken: number; readonly wrong: string[] };

/** Counts who is in, and looks whether each leaves once. */
const gate: Gate = {
  isGuarded: true,
  admit: (key) => {
    if (key !== undefined && key !== 'right')
      throw new EngineError('KEY_REFUSED', 'The key is not one of this server.');
    return {
      name: 'tester',
      enter: () => {
        const { wrong } = places;
        let isIn = true;
        places.taken += 1;
        return () => {
          if (!isIn) wrong.push('left twice');
          isIn = false;
          places.taken -= 1;
        };
      },
    };
  },
};

/** Time passes until everybody who was left by their client is gone. */
async function expectNobody(): Promise<void> {
  const left = () => {
    clock.advance(61);
    return { open: engine.snapshot().sessions.open, places };
  };
  await expect.poll(left, { timeout: 30_000 }).toEqual({ open: 0, places: { taken: 0, wrong: [] } });
}

async function opened(): Promise<RawLiveClient> {
  const client = await RawLiveClient.connect(server.url);
  client.say(open);
  await client.untilSaid('opened');
  return client;
}

/** A WebSocket of which every byte is the test's. */
async function rawSocket(headers: readonly string[] = []): Promise<Socket> {
  const { port, hostname, host } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const lines = [
    'GET /v1/live HTTP/1.1',
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==',
    ...headers,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return socket;
}

/** A masked frame, the mask being zeros; of a length that needs no more than 16 bits. */
function frame(opcode: number, payload: Uint8Array, announcedBytes = payload.length): Buffer {
  const length = Buffer.from([0x80 | opcode, 0x80 | 126, 0, 0, 0, 0, 0, 0]);
  length.writeUInt16BE(announcedBytes, 2);
  return Buffer.concat([length, payload]);
}

const textFrame = (message: ClientMessage) => frame(1, Buffer.from(JSON.stringify(message)));

describe('a live server', () => {
  beforeAll(async () => {
    engine = await createEngine({ model: 'tiny.en', slots: 1, threadsPerSlot: 1, sessionLimit: 3 });
  });
  afterAll(() => engine.close());
  beforeEach(async () => {
    clock = new ManualClock();
    places = { taken: 0, wrong: [] };
    server = await serveLive({ engine, clock, gate, options: { socketLimit: 3000 } });
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    expect(clock.pending).toBe(0);
  });

  describe('closes with 4400 and a sentence the connection of who begins with', () => {
    test.each<[what: string, begin: string | Uint8Array, says: string]>([
      ['garbage', '\u0000\u0001{{{', 'no JSON'],
      ['nothing', '', 'no JSON'],
      ['audio', new Uint8Array(652), 'first message'],
      ['a message of a session', '{"kind":"end"}', 'first message'],
      ['another protocol', '{"kind":"open","protocol":0}', 'must be 1'],
      ['a thousand settings', JSON.stringify({ ...open, session: { prompt: 'a'.repeat(10_000) } }), 'at most 2000'],
      ['far too much', ' '.repeat(100_000), 'The first message'],
      ['a language that nobody speaks', '{"kind":"open","protocol":1,"session":{"language":"klingon"}}', 'klingon'],
      ['a beam of a thousand', '{"kind":"open","protocol":1,"session":{"beamSize":1000}}', 'beamSize'],
      ['a path for a model', '{"kind":"open","protocol":1,"session":{"model":"../../etc/passwd"}}', 'not served here'],
    ])('%s', async (_, begin, says) => {
      const client = await RawLiveClient.connect(server.url);
      client.socket.send(begin);
      expect((await client.untilSaid('refused')).error.message).toContain(says);
      expect(await client.closed).toMatchObject({ code: 4400, reason: expect.stringMatching(/\w{3}/u) });
      await expectNobody();
    });
  });

  describe('closes with 4400 and a sentence, and ends the session, of who goes on with', () => {
    const audio = (client: RawLiveClient, fromByte: number, bytes: number) =>
      client.hear(0, fromByte, new Uint8Array(bytes));
    test.each<[what: string, goOn: (client: RawLiveClient) => void, says: string]>([
      ['garbage', (client) => client.socket.send('\u001b[31m'), 'no JSON'],
      ['another session', (client) => client.say(open), 'has a session already'],
      ['audio of no source', (client) => client.hear(7, 0, new Uint8Array(640)), 'There is no source 7'],
      ['a frame without a place', (client) => client.socket.send(new Uint8Array(5)), '5 bytes'],
      ['an impossible place', (client) => client.socket.send(new Uint8Array(12).fill(255)), 'cannot be'],
      ['a hole in the audio', (client) => audio(client, 640, 640), 'byte 0 is next'],
      ['half a sample', (client) => audio(client, 0, 641), 'not whole samples'],
      ['a place within a sample', (client) => audio(client, 1, 640), 'not whole samples'],
      ['the wrong number', (client) => client.say(source(2)), 'The next source is number 1'],
      ['the same number twice', (client) => client.say(source(0, 'other')), 'another one already'],
      ['the same name twice', (client) => client.say(source(1, 'source 0')), 'source 0'],
      ['no audio at all', (client) => client.say(source(1, 'a', { ...pcm, sampleRate: 1 })), 'sample rate'],
      [
        'NaN',
        (client) => {
          client.say(source(1, 'floats', floats));
          client.hear(1, 0, new Uint8Array(8).fill(255));
        },
        'NaN',
      ],
      ['a loss that runs backwards', (client) => client.say({ kind: 'lost', id: 0, fromByte: 4, toByte: 2 }), 'whole'],
      ['a day that was lost', (client) => client.say({ kind: 'lost', id: 0, fromByte: 0, toByte: 2 ** 40 }), 'at once'],
      ['an end elsewhere', (client) => client.say({ kind: 'end-source', id: 0, atByte: 2 }), 'byte 0 is next'],
      [
        'audio after the end',
        (client) => {
          client.say({ kind: 'end-source', id: 0, atByte: 0 });
          audio(client, 0, 2);
        },
        'its end was at byte 0',
      ],
      [
        'a queue of an hour',
        (client) => client.say({ ...source(1), options: { format: pcm, queue: { seconds: 3600 } } } as ClientMessage),
        'at most 600',
      ],
      [
        'a crowd of sources',
        (client) => {
          for (let id = 1; id <= 64; id += 1) client.say(source(id));
        },
        'at most 64 sources',
      ],
    ])('%s', async (_, goOn, says) => {
      const client = await opened();
      client.say(source(0));
      goOn(client);
      expect((await client.untilSaid('refused')).error.message).toContain(says);
      expect((await client.closed).code).toBe(4400);
      // Without waiting for it to come back.
      await expect.poll(() => engine.snapshot().sessions.open).toBe(0);
      expect(places).toEqual({ taken: 0, wrong: [] });
    });
  });

  describe('outlives what is no WebSocket:', () => {
    test.each<[what: string, code: number, bytes: Uint8Array]>([
      ['a frame that is longer than allowed', 1009, Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x7f, 0, 0, 0, 0, 0, 0, 0])],
      ['text that is not UTF-8', 1007, frame(1, Uint8Array.of(0xff, 0xfe))],
      ['an unmasked frame', 1002, Uint8Array.of(0x82, 1, 0)],
      ['a compressed frame', 1002, Uint8Array.of(0xc2, 0x80, 0, 0, 0, 0)],
      ['a ping that is too long', 1002, frame(9, new Uint8Array(200))],
    ])('%s', async (_, code, bytes) => {
      const socket = await rawSocket();
      socket.write(textFrame(open));
      const received: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => received.push(chunk));
      await expect.poll(() => Buffer.concat(received).toString('latin1')).toContain('opened');
      socket.write(bytes);
      await once(socket, 'end');
      const close = Buffer.concat(received).lastIndexOf(Uint8Array.of(0x88, 2));
      expect(Buffer.concat(received).readUInt16BE(close + 2)).toBe(code);
      socket.destroy();
      await expectNobody();
    });
  });

  test('closes the connection of who says nothing for 10 s', async () => {
    const client = await RawLiveClient.connect(server.url);
    clock.advance(9.9);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    clock.advance(0.1);
    expect(await client.closed).toEqual({ code: 4400, reason: 'Nobody said `open` or `resume` within 10 s.' });
  });

  test('holds the session of a peer that has died for a minute after 20 s without a sign of life', async () => {
    const client = await opened();
    client.socket.pause();
    clock.advance(20);
    expect(engine.snapshot().sessions).toMatchObject({ open: 1, detached: 0 });
    clock.advance(2);
    await expect.poll(() => engine.snapshot().sessions).toMatchObject({ open: 1, detached: 1 });
    await expectNobody();
    client.cut();
  });

  test('refuses a wrong key, in the message or the header', async () => {
    const client = await RawLiveClient.connect(server.url);
    client.say({ ...open, key: 'wrong' });
    expect((await client.closed).code).toBe(4401);
    const other = await RawLiveClient.connect(server.url, { headers: { authorization: 'Bearer wrong' } });
    other.say(open);
    expect((await other.closed).code).toBe(4401);
    const third = await RawLiveClient.connect(server.url, { headers: { authorization: 'Bearer right' } });
    third.say(open);
    await third.untilSaid('opened');
    third.socket.close(1000);
    await expectNobody();
  });

  test.each(['', 'a.b', `${'A'.repeat(22)}.${'B'.repeat(43)}`])('knows no session of the token %j', async (token) => {
    const client = await RawLiveClient.connect(server.url);
    client.say({ kind: 'resume', protocol: liveProtocol, token, after: 0 });
    expect((await client.untilSaid('refused')).error.code).toBe('SESSION_UNKNOWN');
    expect((await client.closed).code).toBe(4404);
  });

  test('takes no session from a connection for a number of an event that never was', async () => {
    const client = await opened();
    const { token } = await client.untilSaid('opened');
    const thief = await RawLiveClient.connect(server.url);
    thief.say({ kind: 'resume', protocol: liveProtocol, token, after: 99 });
    expect((await thief.closed).code).toBe(4400);
    client.say({ kind: 'end' });
    expect((await client.closed).code).toBe(1000);
    await expectNobody();
  });

  describe('leaves no session behind when the connection is cut', () => {
    test.each<[when: string, until: (client: RawLiveClient) => unknown]>([
      ['before a word', () => undefined],
      [
        'while the session is opened',
        (client) => {
          client.say(open);
        },
      ],
      [
        'when it is open',
        async (client) => {
          client.say(open);
          await client.untilSaid('opened');
        },
      ],
      [
        'while it is held back in a flood',
        async (client) => {
          client.say(open);
          client.say(source(0));
          for (let at = 0; at < 20; at += 1) client.hear(0, at * 1_000_000, new Uint8Array(1_000_000).fill(at));
          await expect.poll(() => engine.snapshot().sources.length).toBe(1);
        },
      ],
      [
        'in mid-utterance',
        async (client) => {
          client.say(open);
          client.say(source(0));
          client.hearAll(0, speech.subarray(0, 64_000));
          await client.untilTold('speech-start');
        },
      ],
      [
        'after a source has ended',
        async (client) => {
          client.say(open);
          client.say(source(0));
          client.hearAll(0, speech);
          client.say({ kind: 'end-source', id: 0, atByte: speech.length });
          await client.untilTold('speech-start');
        },
      ],
      [
        'after the end was asked for',
        async (client) => {
          client.say(open);
          client.say(source(0));
          client.hearAll(0, speech);
          client.say({ kind: 'end' });
          await client.untilTold('speech-start');
        },
      ],
    ])('%s', async (_, until) => {
      const client = await RawLiveClient.connect(server.url);
      await until(client);
      client.cut();
      await client.closed;
      await expectNobody();
    });

    test('while it goes on with one', async () => {
      const client = await opened();
      const { token } = await client.untilSaid('opened');
      for (let time = 0; time < 5; time += 1) {
        const next = await RawLiveClient.connect(server.url);
        next.say({ kind: 'resume', protocol: liveProtocol, token, after: 0 });
        if (time % 2 === 0) await next.untilSaid('resumed');
        next.cut();
      }
      await expectNobody();
      const late = await RawLiveClient.connect(server.url);
      late.say({ kind: 'resume', protocol: liveProtocol, token, after: 0 });
      expect((await late.closed).code).toBe(4404);
    });

    test('in the midst of a frame', async () => {
      const socket = await rawSocket();
      socket.write(Buffer.concat([textFrame(open), textFrame(source(0)), frame(2, new Uint8Array(100), 652)]));
      await expect.poll(() => engine.snapshot().sources.length).toBe(1);
      socket.destroy();
      await expectNobody();
    });
  });

  test('answers a client that says everything in one breath', async () => {
    const socket = await rawSocket();
    const audio = Buffer.alloc(12 + 48_000);
    audio.set(speech.subarray(0, 48_000), 12);
    const end = textFrame({ kind: 'end' });
    socket.write(Buffer.concat([textFrame(open), textFrame(source(0)), frame(2, audio), end]));
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    await expect.poll(() => Buffer.concat(received).toString('latin1')).toContain('"heardSeconds":1.5');
    socket.destroy();
    await expectNobody();
  });

  test('has no room for more connections than it was told, and has again when one is closed', async () => {
    await using small = await serveLive({ engine, clock, gate, options: { socketLimit: 2 } });
    const first = await RawLiveClient.connect(small.url);
    await RawLiveClient.connect(small.url);
    const third = new RawLiveClient(small.url);
    const [, response] = (await once(third.socket, 'unexpected-response')) as [
      unknown,
      { statusCode: number; headers: Record<string, string> },
    ];
    expect(response).toMatchObject({ statusCode: 503, headers: { 'retry-after': '10' } });
    first.cut();
    await expect
      .poll(async () => {
        const next = new RawLiveClient(small.url);
        return await Promise.race([once(next.socket, 'open').then(() => 'open'), next.closed.then(() => 'closed')]);
      })
      .toBe('open');
    clock.advance(10);
  });

  test('hears a client well while 2,000 others say nothing, which cost it next to no memory', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const usedBytes = () => {
      gc();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const before = usedBytes();
    const idle: Socket[] = [];
    for (let at = 0; at < 2000; at += 100) {
      idle.push(...(await Promise.all(Array.from({ length: 100 }, () => rawSocket()))));
    }
    await expect.poll(() => server.streams.length).toBe(2000);
    // Half of them begin a message, and do not end it.
    for (const socket of idle.slice(0, 1000)) socket.write(frame(1, Buffer.alloc(1000, ' '), 60_000));
    await expect.poll(() => server.streams.filter(({ bytesRead }) => bytesRead > 1000).length).toBe(1000);
    // Both ends of each connection are in this process.
    expect((usedBytes() - before) / 2000).toBeLessThan(50_000);

    const client = await opened();
    client.say(source(0));
    client.hearAll(0, speech);
    client.say({ kind: 'end' });
    expect((await client.closed).code).toBe(1000);
    expect(
      spoken(
        client
          .finals()
          .map(({ text }) => text)
          .join(' '),
      ),
    ).toContain('what you can do for your country');
    for (const socket of idle) socket.destroy();
    await expectNobody();
  });
});
