import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEngine, type Engine, type LiveFormat, type Session } from '../../dist/index.js';
import type { Lease, LeaseDirectory } from '../../dist/queue/lease-directory.js';
import { liveProtocol, type WireSourceOptions } from '../../dist/wire/live-messages.js';
import { type LiveServer, type LiveServerOptions, RawLiveClient, serveLive } from '../raw-live-client.js';
import { bundled, joined, samplesOf, silence, spoken } from './clips.js';
import { encoded, Told, writeInCuts } from './live-source.js';

const pcm: LiveFormat = { encoding: 's16le', sampleRate: 16_000 };
const jfk = await samplesOf(bundled('jfk.wav'));
const speech = encoded(joined(jfk, silence(1)), pcm);
const jfkSays = 'what your country can do for you ask what you can do for your country';
const microphone: WireSourceOptions = { format: pcm };
/** The text does not depend on when its partials were decoded. */
const finalsOnly = { partialEverySeconds: false } as const;

let engine: Engine;
let servers: LiveServer[];

async function serve(options: Partial<LiveServerOptions> = {}): Promise<LiveServer> {
  const server = await serveLive({ engine, ...options });
  servers.push(server);
  return server;
}

/** The sessions of its clients are there to be looked at. */
async function serveWatched(): Promise<{ server: LiveServer; sessions: readonly Session[] }> {
  const sessions: Session[] = [];
  const watched = {
    openSession: async (options: object) => {
      const session = await engine.openSession(options);
      sessions.push(session);
      return session;
    },
    resumeSession: (token: string) => engine.resumeSession(token),
  } as unknown as Engine;
  return { server: await serve({ engine: watched }), sessions };
}

async function opened({ url }: LiveServer): Promise<{ client: RawLiveClient; token: string; session: string }> {
  const client = await RawLiveClient.connect(url);
  client.say({ kind: 'open', protocol: liveProtocol, session: finalsOnly });
  const { token, session } = await client.untilSaid('opened');
  return { client, token, session };
}

async function resumed({ url }: LiveServer, token: string, after: number) {
  const client = await RawLiveClient.connect(url);
  client.say({ kind: 'resume', protocol: liveProtocol, token, after });
  const { sources } = await client.untilSaid('resumed');
  return { client, sources };
}

function textOf(...clients: readonly RawLiveClient[]): string {
  return spoken(clients.flatMap((client) => client.finals().map(({ text }) => text)).join(' '));
}

/** Each acknowledgement is true of what was said before it: no text comes later for audio that it calls settled. */
function expectHonestReceipts({ said }: RawLiveClient, after = 0): void {
  let [toldSequence, settledSeconds] = [after, 0];
  for (const message of said) {
    if (message.kind === 'ack') {
      expect(message.sequence).toBeLessThanOrEqual(toldSequence);
      settledSeconds = Math.max(settledSeconds, message.sources[0]?.settledSeconds ?? 0);
    }
    if (message.kind !== 'event' || message.event.kind === 'missed') continue;
    toldSequence = message.event.sequence;
    if (message.event.kind === 'final') expect(message.event.startSeconds).toBeGreaterThanOrEqual(settledSeconds);
  }
}

/** Whether a message has all that is written, where `…` stands for anything. */
function isLike(message: unknown, written: unknown): boolean {
  if (written === '…') return message !== undefined;
  if (typeof written === 'string' && written.includes('…'))
    return String(message).includes(written.replaceAll('…', ''));
  if (typeof written !== 'object' || written === null) return message === written;
  const of = (message ?? {}) as Record<string, unknown>;
  return Object.entries(written).every(([key, value]) => isLike(of[key], value));
}

/** Says who holds what to all servers of a test. */
class Leases {
  readonly held = new Map<string, { readonly url: string; readonly lost: AbortController }>();

  of(url: string): LeaseDirectory {
    return {
      take: (session): Promise<Lease> => {
        const lost = new AbortController();
        this.held.set(session, { url, lost });
        const release = () => Promise.resolve(void this.held.delete(session));
        return Promise.resolve({ fence: this.held.size, lost: lost.signal, release });
      },
      find: (session) => Promise.resolve(this.held.get(session)?.url),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
}

describe('a live server', () => {
  beforeAll(async () => {
    engine = await createEngine({ model: 'tiny.en', slots: 1, threadsPerSlot: 1, sessionLimit: 2 });
  });
  afterAll(() => engine.close());
  beforeEach(() => {
    servers = [];
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    await expect.poll(() => engine.snapshot().sessions.open).toBe(0);
  });

  test('tells what the engine hears, acknowledges it truly, and closes when all is told', async () => {
    const session = await engine.openSession(finalsOnly);
    const told = new Told(session);
    await writeInCuts(session.addSource('mic', microphone), speech, [3200]);
    await session.end();

    const { client } = await opened(await serve());
    client.say({ kind: 'source', id: 0, name: 'mic', options: microphone });
    client.hearAll(0, speech);
    client.say({ kind: 'end-source', id: 0, atByte: speech.length });
    client.say({ kind: 'end' });
    expect(await client.closed).toEqual({ code: 1000, reason: 'The session has ended.' });
    expect(client.finals().map(({ text }) => text)).toEqual(told.finals().map(({ text }) => text));
    expect(textOf(client)).toContain(jfkSays);
    expect(client.events.at(-1)).toMatchObject({ kind: 'end', sources: [{ source: 'mic' }] });
    expectHonestReceipts(client);
    expect(client.said.at(-1)).toMatchObject({
      kind: 'ack',
      sequence: client.events.length,
      sources: [{ id: 0, receivedBytes: speech.length, settledSeconds: expect.closeTo(speech.length / 32_000, 2) }],
    });
  });

  test('goes on with a session whose client was cut off in mid-utterance, at the byte and the event', async () => {
    const server = await serve();
    const { client, token } = await opened(server);
    client.say({ kind: 'source', id: 0, name: 'mic', options: microphone });
    client.hearAll(0, speech.subarray(0, 100_000));
    await client.untilTold('final');
    const first = client.finals();
    client.cut();

    const { client: second, sources } = await resumed(server, token, first.at(-1)?.sequence ?? 0);
    expect(sources).toEqual([{ id: 0, receivedBytes: 100_000, settledSeconds: expect.any(Number) }]);
    second.say({ kind: 'source', id: 0, name: 'mic', options: microphone });
    // Twice, and from before: what is known is dropped, to the byte.
    second.hearAll(0, speech.subarray(0, 150_000), { from: 64_000, pieceBytes: 9_998 });
    second.hearAll(0, speech.subarray(0, 200_000), { from: 90_000 });
    await second.untilSaid('ack', (ack) => ack.sources[0]?.receivedBytes === 200_000);
    const lastTold = second.events.at(-1);
    second.cut();

    const after = Math.max(first.at(-1)?.sequence ?? 0, lastTold && 'sequence' in lastTold ? lastTold.sequence : 0);
    const { client: third } = await resumed(server, token, after);
    third.hearAll(0, speech, { from: 200_000 });
    third.say({ kind: 'end' });
    expect((await third.closed).code).toBe(1000);
    expect(textOf(client, second, third)).toContain(jfkSays);
    const numbers = [client, second, third].flatMap((one) => one.finals().map(({ utterance }) => utterance));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(third.events.at(-1)).toMatchObject({
      sources: [{ ledger: { heardSeconds: expect.closeTo(speech.length / 32_000, 2), imbalanceSamples: 0 } }],
    });
    expectHonestReceipts(third, after);
  });

  test('tells the rest to a client that was cut off after it had asked for the end', async () => {
    const server = await serve();
    const { client, token } = await opened(server);
    client.say({ kind: 'source', id: 0, name: 'mic', options: microphone });
    client.hearAll(0, speech);
    client.say({ kind: 'end' });
    await client.untilTold('speech-start');
    client.cut();
    await expect.poll(() => engine.snapshot().sessions.open, { timeout: 30_000 }).toBe(0);

    const { client: second } = await resumed(server, token, 0);
    expect((await second.closed).code).toBe(1000);
    expect(textOf(second)).toContain(jfkSays);
    expect(second.events.at(-1)).toMatchObject({ kind: 'end' });
    const late = await RawLiveClient.connect(server.url);
    late.say({ kind: 'resume', protocol: liveProtocol, token, after: 0 });
    expect((await late.closed).code).toBe(4404);
  });

  test('gives a session to the latest connection that shows its token', async () => {
    const server = await serve();
    const { client, token } = await opened(server);
    const { client: second } = await resumed(server, token, 0);
    expect(await client.closed).toEqual({ code: 4409, reason: 'Another connection goes on with the session.' });
    second.say({ kind: 'end' });
    expect((await second.closed).code).toBe(1000);
  });

  test('hears what was lost as silence, so that what comes after keeps its time', async () => {
    const mulaw: LiveFormat = { encoding: 'mulaw', sampleRate: 8000 };
    const audio = encoded(joined(jfk, silence(1)), mulaw);
    const { client } = await opened(await serve());
    client.say({ kind: 'source', id: 0, name: 'line', options: { format: mulaw } });
    client.say({ kind: 'lost', id: 0, fromByte: 0, toByte: 80_000 });
    client.say({ kind: 'lost', id: 0, fromByte: 40_000, toByte: 80_000 });
    for (let at = 0; at < audio.length; at += 800) client.hear(0, 80_000 + at, audio.subarray(at, at + 800));
    client.say({ kind: 'end-source', id: 0, atByte: 80_000 + audio.length });
    client.say({ kind: 'end-source', id: 0, atByte: 80_000 + audio.length });
    client.hear(0, 0, audio.subarray(0, 800));
    client.say({ kind: 'end' });
    expect((await client.closed).code).toBe(1000);
    expect(textOf(client)).toContain(jfkSays);
    const starts = client.events.filter((event) => event.kind === 'speech-start');
    expect(starts[0]?.atSeconds).toBeGreaterThan(10);
    expect(starts[0]?.atSeconds).toBeLessThan(11);
    expect(client.events.at(-1)).toMatchObject({
      sources: [{ ledger: { heardSeconds: expect.closeTo(10 + audio.length / 8000, 2) } }],
    });
  });

  test('holds back a client that sends faster than it is heard, and one that does not read', async () => {
    const { server, sessions } = await serveWatched();
    const { client } = await opened(server);
    const [session] = sessions;
    client.say({ kind: 'source', id: 0, name: 'flood', options: { format: pcm, queue: { seconds: 20 } } });
    for (let at = 0; at < 6; at += 1) client.hear(0, at * 1_000_000, new Uint8Array(1_000_000));
    await client.untilSaid('ack', ({ sources }) => (sources[0]?.receivedBytes ?? 0) > 0);
    expect(engine.snapshot().sources[0]?.unheardSeconds).toBeLessThan(20);
    client.socket.pause();
    // 50 MB of events, of which the log keeps one text.
    const reason = 'x'.repeat(1_000_000);
    for (let at = 0; at < 50; at += 1) session?.follow({ ...session.plan }, reason);
    const unsentBytes = () => Math.max(...server.streams.map((stream) => stream.writableLength));
    await expect.poll(unsentBytes).toBeGreaterThan(0);
    expect(unsentBytes()).toBeLessThan(3_000_000);
    client.socket.resume();
    await client.untilTold('plan', (event) => event.sequence === session?.lastSequence);
    const told = client.events.flatMap((event) => (event.kind === 'plan' ? [event.sequence] : []));
    expect(told).toHaveLength(50);
    client.socket.close(1000);
    await client.closed;
  });

  test('calls nothing settled of which a slow reader has yet to be told', async () => {
    const { server, sessions } = await serveWatched();
    const { client } = await opened(server);
    const [session] = sessions;
    if (!session) throw new Error('There is no session.');
    const told = new Told(session);
    client.socket.pause();
    for (let at = 0; at < 20; at += 1) session.follow({ ...session.plan }, 'x'.repeat(1_000_000));
    client.say({ kind: 'source', id: 0, name: 'mic', options: microphone });
    client.hearAll(0, speech);
    await expect.poll(() => session.sources[0]?.ledger.settledSeconds, { timeout: 30_000 }).toBeGreaterThan(10);
    server.route.abort();
    client.socket.resume();
    await client.closed;
    const ack = client.said.at(-1);
    if (ack?.kind !== 'ack') throw new Error('It was not acknowledged.');
    const untold = told.finals().filter(({ sequence }) => sequence > ack.sequence);
    expect(untold.length).toBeGreaterThan(0);
    for (const final of untold) expect(final.startSeconds).toBeGreaterThanOrEqual(ack.sources[0]?.settledSeconds ?? 0);
  });

  test('says that it ends, tells what it has heard, and lets nobody in meanwhile', async () => {
    const server = await serve();
    const { client, token } = await opened(server);
    client.say({ kind: 'source', id: 0, name: 'mic', options: microphone });
    client.hearAll(0, speech.subarray(0, 200_000));
    await client.untilSaid('ack', (ack) => ack.sources[0]?.receivedBytes === 200_000);
    server.ending.abort();
    const drained = server.route.drain();
    expect(await client.untilSaid('drain')).toEqual({ kind: 'drain', token, withinSeconds: 30 });
    const late = await RawLiveClient.connect(server.url);
    expect(await late.untilSaid('refused')).toMatchObject({
      error: { code: 'SERVER_DRAINING' },
      retryAfterSeconds: expect.any(Number),
    });
    expect((await late.closed).code).toBe(1012);
    expect((await client.closed).code).toBe(1012);
    await drained;
    expect(client.events.some(({ kind }) => kind === 'end')).toBe(false);
    expect(textOf(client)).toContain('and so my fellow americans');
    expect(client.said.at(-1)).toMatchObject({
      kind: 'ack',
      sources: [{ receivedBytes: 200_000, settledSeconds: expect.closeTo(200_000 / 32_000, 2) }],
    });
    expectHonestReceipts(client);
  });

  test('is ended at once without a word that could be taken for the end of the audio', async () => {
    const server = await serve();
    const { client } = await opened(server);
    client.say({ kind: 'source', id: 0, name: 'mic', options: microphone });
    client.hearAll(0, speech);
    await client.untilTold('speech-start');
    server.route.abort();
    expect((await client.closed).code).toBe(1012);
    expect(client.events.every(({ kind }) => kind !== 'end' && kind !== 'gap')).toBe(true);
    expectHonestReceipts(client);
  });

  test('refuses one session more than there is room for, and says when to come back', async () => {
    const server = await serve();
    await opened(server);
    const { client: second } = await opened(server);
    const third = await RawLiveClient.connect(server.url);
    third.say({ kind: 'open', protocol: liveProtocol });
    expect(await third.untilSaid('refused')).toMatchObject({
      error: { code: 'SESSION_LIMIT' },
      retryAfterSeconds: expect.any(Number),
    });
    expect((await third.closed).code).toBe(4429);
    second.socket.close(1000);
    await expect.poll(() => engine.snapshot().sessions.open).toBe(1);
    await opened(server);
  });

  test('knows which server holds a session, and ends one whose lease it lost', async () => {
    const leases = new Leases();
    const [here, there] = ['ws://here.example/v1/live', 'ws://there.example/v1/live'];
    const first = await serve({ leases: leases.of(here), options: { publicUrl: here } });
    const second = await serve({ leases: leases.of(there), options: { publicUrl: there } });
    const { client, token, session } = await opened(first);
    const stray = await RawLiveClient.connect(second.url);
    stray.say({ kind: 'resume', protocol: liveProtocol, token, after: 0 });
    expect(await stray.untilSaid('moved')).toEqual({ kind: 'moved', url: here });
    expect((await stray.closed).code).toBe(4307);
    leases.held.get(session)?.lost.abort();
    expect((await client.closed).code).toBe(1012);
    await expect.poll(() => leases.held.size).toBe(0);
    const { client: next } = await opened(first);
    next.say({ kind: 'end' });
    await next.closed;
    await expect.poll(() => leases.held.size).toBe(0);
  });

  test('speaks as its document says', async () => {
    const document = await readFile(new URL('../../docs/live-protocol.md', import.meta.url), 'utf8');
    const lines = /```text\n(.*?)```/su.exec(document)?.[1]?.trim().split('\n') ?? [];
    const audio = encoded(jfk, pcm);
    const client = await RawLiveClient.connect((await serve()).url);
    let at = 0;
    for (const line of lines) {
      const sent = /^client: source 0 from byte (\d+): ([\d,]+) bytes$/u.exec(line);
      const [, who, json = ''] = /^(client|server): (\{.*)$/u.exec(line) ?? [];
      if (sent) {
        const fromByte = Number(sent[1]);
        client.hear(0, fromByte, audio.subarray(fromByte, fromByte + Number(sent[2]?.replaceAll(',', ''))));
      } else if (who === 'client') client.socket.send(json);
      else if (who === 'server')
        at = await client.until((message, place) =>
          isLike(message, JSON.parse(json)) && place >= at ? place + 1 : undefined,
        );
      else expect(line).toBe(`server closes with ${(await client.closed).code}`);
    }
    expect(lines.length).toBeGreaterThan(10);
  });

  test('lets a page listen to all texts, by whom they are', async () => {
    const server = await serve();
    const heard: string[] = [];
    const stop = server.route.onEvent((event, { caller, session }) => heard.push(`${caller} ${session} ${event.kind}`));
    const { client, session } = await opened(server);
    client.say({ kind: 'end' });
    await client.closed;
    stop();
    const { client: unheard } = await opened(server);
    unheard.say({ kind: 'end' });
    await unheard.closed;
    expect(heard).toEqual([`anonymous ${session} end`]);
  });
});
