import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { BufferRoom } from '../../dist/client/buffer-room.js';
import type { ClientEvent } from '../../dist/client/client-events.js';
import { Conversation } from '../../dist/client/conversation.js';
import type { SourceBooks } from '../../dist/client/source-books.js';
import type { AudioFrame } from '../../dist/wire/audio-frame.js';
import type { ClientMessage, ServerMessage } from '../../dist/wire/live-messages.js';
import { Recognizer } from './client-recognizer.js';

vi.setConfig({ testTimeout: 30_000 });

/** A packet is 2 sample frames. */
const sampleRate = 20;
const ttlSeconds = 30;
const packets = 12;

const names = ['mic', 'system'] as const;
type Name = (typeof names)[number];

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('write' as const), source: fc.nat(1), bytes: fc.nat(23) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('deliver' as const), up: fc.nat(12), down: fc.nat(12) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('recognise' as const), track: fc.nat(3), frames: fc.nat(7) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('talk' as const), events: fc.nat(5), acks: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('cut' as const) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('connect' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), source: fc.nat(1) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class World {
  readonly events: ClientEvent[] = [];
  readonly server = new Recognizer();
  readonly conversation: Conversation;
  readonly sources: Readonly<Record<Name, SourceBooks>>;
  /** Sample frames that were accepted. */
  readonly written: Record<Name, number> = { mic: 0, system: 0 };
  readonly #room = new BufferRoom(packets);
  #nowSeconds = 0;
  #isConnected = false;
  /** The server knows of this connection. */
  #isGreeted = false;
  #isAnswered = false;
  /** On the way. */
  #up: (ClientMessage | AudioFrame)[] = [];
  #down: (ServerMessage | 'unknown')[] = [];
  /** Bytes that are written: their samples say where they belong. */
  readonly #bytes: Readonly<Record<Name, Uint8Array>>;
  readonly #at: Record<Name, number> = { mic: 0, system: 0 };

  constructor() {
    this.conversation = new Conversation({ key: undefined, session: {}, tell: (event) => this.events.push(event) });
    const format = { encoding: 's16le', sampleRate } as const;
    this.sources = {
      mic: this.conversation.addSource('mic', { format }),
      system: this.conversation.addSource('system', { format: { ...format, channels: 2, channelMode: 'split' } }),
    };
    const numbered = new Uint8Array(Int16Array.from({ length: 8000 }, (_, at) => at + 1).buffer);
    this.#bytes = { mic: numbered, system: numbered };
  }

  do(act: Step): void {
    switch (act.kind) {
      case 'write':
        this.#write(nameOf(act.source), act.bytes);
        return;
      case 'deliver':
        this.#deliver(act.up, act.down);
        return;
      case 'recognise':
        this.server.recognise(act.track, act.frames, act.frames % 3 === 2);
        return;
      case 'talk':
        if (this.#isGreeted) {
          // An acknowledgement may overtake the events that it is about.
          if (act.acks) this.#down.push(...this.server.ack());
          this.#down.push(...this.server.events(act.events));
        }
        return;
      case 'cut':
        this.#cut();
        return;
      case 'connect':
        this.#connect();
        return;
      case 'kill':
        this.#cut();
        this.server.die();
        return;
      case 'wait':
        this.#nowSeconds += act.seconds;
        return;
      case 'end':
        this.#end(nameOf(act.source));
        return;
      default:
        act satisfies never;
    }
  }

  /** Ends everything over a network that is well now. */
  finish(): void {
    for (const name of names) this.#end(name);
    this.conversation.end();
    for (let turns = 0; this.conversation.state !== 'ended'; turns += 1) {
      if (turns > 100) throw new Error('It does not come to its end.');
      this.#connect();
      this.#deliver(1000, 1000);
      for (let track = 0; track < 4; track += 1) this.server.recognise(track, 5);
      this.#down.push(...this.server.events(1000), ...this.server.ack());
      this.#deliver(1000, 1000);
    }
  }

  #write(name: Name, length: number): void {
    if (this.sources[name].state !== 'open') return;
    const from = this.#at[name];
    const bytes = this.#bytes[name].subarray(from, from + length);
    this.#at[name] += bytes.length;
    this.sources[name].write(bytes, this.#nowSeconds, () => this.#makeRoom());
    this.#speak();
  }

  #end(name: Name): void {
    if (this.sources[name].state !== 'open') return;
    this.sources[name].flush(this.#nowSeconds, () => this.#makeRoom());
    this.written[name] = this.sources[name].buffer.writtenBytes / this.sources[name].clock.bytesPerFrame;
    this.sources[name].end();
    this.#speak();
  }

  #makeRoom(): void {
    this.#room.make(Object.values(this.sources).map(({ buffer }) => buffer));
  }

  #connect(): void {
    if (this.#isConnected || this.conversation.state === 'ended') return;
    this.#isConnected = true;
    this.#up.push(this.conversation.greeting());
  }

  #cut(): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.#isAnswered = false;
    this.#isGreeted = false;
    this.#up = [];
    this.#down = [];
    this.conversation.hangUp();
  }

  #deliver(up: number, down: number): void {
    for (const message of this.#up.splice(0, up)) {
      const answer = this.server.hear(message);
      if (answer) this.#down.push(answer);
      if (answer && answer !== 'unknown') this.#isGreeted = true;
    }
    for (const message of this.#down.splice(0, down)) {
      if (message === 'unknown') {
        this.#cut();
        this.conversation.forgetSession();
        return;
      }
      expect(this.conversation.take(message)).toBe(true);
      if (message.kind === 'opened' || message.kind === 'resumed') this.#isAnswered = true;
      this.#speak();
    }
  }

  #speak(): void {
    if (!this.#isAnswered) return;
    const line = {
      isFull: false,
      send: (message: ClientMessage) => this.#up.push(message),
      sendAudio: (frame: AudioFrame) => this.#up.push(frame),
    };
    this.conversation.speak(line, this.#nowSeconds - ttlSeconds);
  }
}

function nameOf(source: number): Name {
  return names[source % 2] ?? 'mic';
}

/** Every sample of every channel is told once: in a final, as the number that it is, or in a gap, by its place. */
function expectComplete(world: World, name: Name, channel: number | undefined): void {
  const channels = name === 'mic' ? 1 : 2;
  const ofTrack = world.events.filter(
    (event) =>
      'source' in event && event.source === name && ('channel' in event ? event.channel : undefined) === channel,
  );
  const told: number[] = [];
  for (const event of ofTrack) {
    if (event.kind === 'final') {
      const from = Math.round(event.startSeconds * sampleRate);
      const to = Math.round(event.endSeconds * sampleRate);
      const frames = event.text.split(' ').map((sample) => Math.floor((Number(sample) - 1) / channels));
      for (const frame of frames) expect(frame >= from && frame < to, `frame ${frame} in ${from}…${to}`).toBe(true);
      told.push(...frames);
    }
    if (event.kind === 'gap') {
      const from = Math.round(event.startSeconds * sampleRate);
      const to = Math.round(event.endSeconds * sampleRate);
      told.push(...Array.from({ length: to - from }, (_, at) => from + at));
    }
  }
  const all = Array.from({ length: world.written[name] }, (_, at) => at);
  expect(told.sort((one, other) => one - other)).toEqual(all);
}

test('whatever network and servers do, every accepted sample is told once: in a final or in a gap', () => {
  const said = { gap: 0, final: 0 };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const world = new World();
      for (const act of steps) world.do(act);
      world.finish();
      expectComplete(world, 'mic', undefined);
      expectComplete(world, 'system', 0);
      expectComplete(world, 'system', 1);
      expect(world.events.map(({ sequence }) => sequence)).toEqual(world.events.map((_, at) => at + 1));
      for (const name of names) {
        const finals = world.events.filter((event) => event.kind === 'final' && event.source === name);
        const numbers = finals.map((event) =>
          'utterance' in event ? `${String(event.channel)} ${event.utterance}` : '',
        );
        expect(new Set(numbers).size).toBe(numbers.length);
        for (const { ledger } of world.sources[name].summaries) {
          expect(ledger.openSeconds).toBe(0);
          expect(ledger.settledSeconds + ledger.gapSeconds).toBeCloseTo(ledger.writtenSeconds, 9);
          expect(ledger.writtenSeconds).toBeCloseTo(world.written[name] / sampleRate, 9);
        }
      }
      for (const { kind } of world.events) if (kind === 'gap' || kind === 'final') said[kind] += 1;
    }),
    { numRuns: 600 },
  );
  // It was not all quiet.
  expect(said.gap).toBeGreaterThan(500);
  expect(said.final).toBeGreaterThan(1000);
});
