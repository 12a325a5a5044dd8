import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ClientEvent, type ClientOptions, LiveClient } from '../../dist/client/index.js';
import type { Clock } from '../../dist/clock.js';
import { createServer, type WhisperpoolServer } from '../../dist/server/index.js';
import { BadNetwork, type Fault } from '../bad-network.mjs';
import { bundled, joined, samplesOf, silence, spoken } from './clips.js';
import { encoded, interleaved } from './live-source.js';

const format = { encoding: 's16le', sampleRate: 16_000 } as const;
const jfk = await samplesOf(bundled('jfk.wav'));
const leopard = await samplesOf(bundled('leopard_en.wav'));
const words = joined(leopard, silence(1.2), jfk);
const engine = { model: 'tiny.en', language: 'en', slots: 2, threadsPerSlot: 1 } as const;
const options: ClientOptions = { language: 'en', partialEverySeconds: false, buffer: { whenFull: 'wait' } };

/** Waits a hundredth of the time. */
const hasty: Clock = {
  nowSeconds: () => performance.now() / 1000,
  after(delaySeconds, wake) {
    const timer = setTimeout(wake, 10 * delaySeconds);
    return () => clearTimeout(timer);
  },
};
/** As long as usual, all the same. */
const patience = { clock: hasty, connectSeconds: 1000, silenceSeconds: 1000 };

let network: BadNetwork | undefined;

async function through(targetPort: number, faults: readonly Fault[] = []): Promise<string> {
  network = new BadNetwork({ targetPort, faults });
  return `ws://127.0.0.1:${await network.open()}/v1/live`;
}

class Told {
  readonly events: ClientEvent[] = [];
  readonly states: string[] = [];

  constructor(client: LiveClient) {
    for (const kind of ['speech-start', 'partial', 'final', 'gap', 'plan', 'error', 'end'] as const) {
      client.on(kind, (event: ClientEvent) => this.events.push(event));
    }
    client.on('state', ({ kind }) => this.states.push(kind));
  }

  text(channel?: number): string {
    const finals = this.events.flatMap((event) => (event.kind === 'final' && event.channel === channel ? [event] : []));
    return spoken(finals.map(({ text }) => text).join(' '));
  }

  get gaps() {
    return this.events.filter((event) => event.kind === 'gap');
  }

  /** Numbers without a hole, times that never go back, one end, and books that are closed. */
  expectSound(writtenSeconds: number): void {
    expect(this.events.map(({ sequence }) => sequence)).toEqual(this.events.map((_, at) => at + 1));
    const ends = this.events.filter((event) => event.kind === 'end' && event.source === undefined);
    expect(ends).toEqual([this.events.at(-1)]);
    const before = new Map<number | undefined, number>();
    for (const event of this.events) {
      if (event.kind !== 'final') continue;
      expect(event.startSeconds).toBeGreaterThanOrEqual(before.get(event.channel) ?? 0);
      before.set(event.channel, event.endSeconds);
    }
    const [end] = ends;
    for (const { ledger } of end?.kind === 'end' ? end.sources : []) {
      expect(ledger).toMatchObject({ writtenSeconds: expect.closeTo(writtenSeconds, 3), openSeconds: 0 });
      expect(ledger.settledSeconds + ledger.gapSeconds).toBeCloseTo(ledger.writtenSeconds, 6);
    }
  }
}

afterEach(async () => {
  await network?.close();
  network = undefined;
});

describe('a client of a real server', () => {
  let server: WhisperpoolServer;
  let port: number;
  /** What it hears when nothing happens. */
  let undisturbed: string;

  beforeAll(async () => {
    server = await createServer({ port: 0, engine });
    port = Number(new URL(server.url).port);
    const client = new LiveClient(`${server.url}/v1/live`, options);
    const told = new Told(client);
    await client.addSource('mic', { format }).write(encoded(words, format));
    await client.end();
    undisturbed = told.text();
    expect(undisturbed).toContain('quilter');
    expect(undisturbed).toContain('country');
  });
  afterAll(() => server.close());

  const upwards = [5, 200, 300, 420, 3_000, 60_000, 300_000];
  const downwards = [5, 140, 250, 600, 1_500, 2_500];
  test.each([
    ['what it says', upwards.map((afterBytes): Fault => ({ kind: 'cut', direction: 'up', afterBytes }))],
    ['what it is told', downwards.map((afterBytes): Fault => ({ kind: 'cut', direction: 'down', afterBytes }))],
  ])('hears every word once, however often it is cut in the midst of %s', async (_name, faults) => {
    const client = new LiveClient(await through(port, faults), { ...options, ...patience });
    const told = new Told(client);
    const bytes = encoded(words, format);
    const mic = client.addSource('mic', { format });
    for (let at = 0; at < bytes.length; at += 7777) await mic.write(bytes.subarray(at, at + 7777));
    await client.end();
    expect(told.text()).toBe(undisturbed);
    expect(told.gaps).toEqual([]);
    expect(network?.faults.cut).toBeGreaterThanOrEqual(4);
    told.expectSound(words.length / 16_000);
    expect(client.state).toEqual({ kind: 'ended' });
  });

  test('notices a connection on which nothing comes any more', async () => {
    const url = await through(port, [{ kind: 'stall', direction: 'down', afterBytes: 700 }]);
    const client = new LiveClient(url, { ...options, silenceSeconds: 2.5 });
    const told = new Told(client);
    await client.addSource('mic', { format }).write(encoded(words, format));
    await client.end();
    expect(told.states).toContain('waiting');
    expect(told.text()).toBe(undisturbed);
    told.expectSound(words.length / 16_000);
  });

  test('keeps channels that are split, and two sources, apart', async () => {
    const faults = [20_000, 90_000].map((afterBytes): Fault => ({ kind: 'cut', direction: 'up', afterBytes }));
    const client = new LiveClient(await through(port, faults), { ...options, ...patience });
    const told = new Told(client);
    const line = client.addSource('line', { format: { ...format, channels: 2, channelMode: 'split' } });
    const mic = client.addSource('mic', { format, priority: 'critical' });
    const both = encoded(interleaved(jfk, leopard), format);
    await Promise.all([line.write(both), mic.write(encoded(jfk, format))]);
    await mic.end();
    expect(mic.summaries[0]?.text).toContain('country');
    const { sources } = await client.end();
    expect(sources.map(({ source, channel }) => [source, channel])).toEqual([
      ['line', 0],
      ['line', 1],
      ['mic', undefined],
    ]);
    expect(told.text(1)).toContain('quilter');
    expect(told.text(0)).toContain('country');
    expect(told.text(0)).not.toContain('quilter');
  });

  test('is refused once and for all for what is not understood', async () => {
    const client = new LiveClient(`${server.url}/v1/live`, { ...options, beamSize: -1 });
    const mic = client.addSource('mic', { format });
    await mic.write(encoded(leopard, format));
    await expect(client.end()).rejects.toMatchObject({ name: 'EngineError' });
    expect(client.state.kind).toBe('refused');
    expect(mic.summaries).toMatchObject([{ ledger: { openSeconds: 0, gapSeconds: leopard.length / 16_000 } }]);
  });
});

describe('a client of a server that is killed', () => {
  const children: ChildProcess[] = [];

  async function serve(): Promise<{ readonly port: number; readonly process: ChildProcess }> {
    const path = fileURLToPath(new URL('../../bench/children/server.mjs', import.meta.url));
    const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return { port: Number(line.toString()), process: child };
  }

  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  test('hears every word once from the next one, with no gap', async () => {
    const [first, second] = await Promise.all([serve(), serve()]);
    const client = new LiveClient(await through(first.port), { ...options, ...patience });
    const told = new Told(client);
    const mic = client.addSource('mic', { format });
    await mic.write(encoded(joined(leopard, silence(1.2)), format));
    await vi.waitFor(() => expect(told.text()).toContain('quilter'), { timeout: 20_000, interval: 5 });
    await mic.write(encoded(jfk.subarray(0, 40_000), format));
    first.process.kill('SIGKILL');
    await once(first.process, 'exit');
    if (network) network.targetPort = second.port;
    await mic.write(encoded(jfk.subarray(40_000), format));
    await client.end();
    expect(told.text().match(/quilter/gu)).toHaveLength(1);
    expect(told.text()).toContain('ask not what your country can do for you');
    expect(told.gaps).toEqual([]);
    told.expectSound(words.length / 16_000);
  });

  test('says to the sample what was lost with it when it kept too little', async () => {
    const [first, second] = await Promise.all([serve(), serve()]);
    const buffer = { packets: 20 } as const;
    const client = new LiveClient(await through(first.port), { ...options, ...patience, buffer });
    const told = new Told(client);
    const mic = client.addSource('mic', { format });
    await vi.waitFor(() => expect(client.state.kind).toBe('live'), { timeout: 20_000, interval: 5 });
    for (let at = 0; at < jfk.length; at += 1600) {
      await mic.write(encoded(jfk.subarray(at, at + 1600), format));
    }
    first.process.kill('SIGKILL');
    await once(first.process, 'exit');
    if (network) network.targetPort = second.port;
    await mic.write(encoded(leopard.subarray(0, 16_000), format));
    await client.end();
    const [{ ledger } = expect.fail('There is no source.')] = mic.summaries;
    const lost = told.gaps.filter(({ reason }) => reason === 'connection-lost');
    const lostSeconds = lost.reduce((sum, { startSeconds, endSeconds }) => sum + endSeconds - startSeconds, 0);
    expect(lostSeconds).toBeGreaterThan(jfk.length / 16_000 - 4);
    expect(ledger.gapSeconds).toBeGreaterThanOrEqual(lostSeconds);
    told.expectSound((jfk.length + 16_000) / 16_000);
  });
});
