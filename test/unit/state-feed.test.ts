import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { heardIn, type LiveTexts } from '../../dist/server/page/heard.js';
import { HeardMemory } from '../../dist/server/page/heard-memory.js';
import type { ServerState } from '../../dist/server/page/server-state.js';
import { StateFeed } from '../../dist/server/page/state-feed.js';
import type { FinalEvent, LiveEvent } from '../../dist/session/live-events.js';
import { ManualClock } from '../manual-clock.js';

type Tell = Parameters<LiveTexts['onEvent']>[0];

interface Message {
  readonly event: string;
  readonly content: { readonly reading?: number; readonly text?: string };
}

/** Everything that can be read now. */
function readFrom(stream: Readable): readonly Message[] {
  const text = String(stream.read() ?? '');
  return text
    .split('\n\n')
    .filter((message) => message !== '')
    .map((message) => {
      const [, event = '', data = ''] = /^event: ([^\n]+)\ndata: ([^\n]+)$/u.exec(message) ?? [];
      return { event, content: JSON.parse(data) as Message['content'] };
    });
}

const heardBy = (stream: Readable) =>
  readFrom(stream).flatMap(({ event, content }) => (event === 'heard' ? content.text : []));
const statesOf = (stream: Readable) =>
  readFrom(stream).flatMap(({ event, content }) => (event === 'state' ? content.reading : []));
const settled = () => new Promise((resolve) => setImmediate(resolve));

function final(text: string, place: Partial<FinalEvent> = {}): LiveEvent {
  return { kind: 'final', source: 'mic', startSeconds: 1, endSeconds: 2, text, ...place } as FinalEvent;
}

let clock: ManualClock;
let readings: number;
let tell: Tell;
let feed: StateFeed;
let streams: Readable[];

beforeEach(() => {
  clock = new ManualClock();
  readings = 0;
  streams = [];
  feed = new StateFeed({
    clock,
    read: () => ({ reading: ++readings }) as unknown as ServerState,
    live: {
      onEvent(listener) {
        tell = listener;
        return () => undefined;
      },
    },
  });
});
afterEach(() => {
  for (const stream of streams) stream.destroy();
});

function watch(caller = 'anna'): Readable {
  const stream = feed.watch(caller);
  streams.push(stream);
  return stream;
}

describe('who watches the state', () => {
  test('is told it at once, and then once a second', () => {
    const stream = watch();
    expect(statesOf(stream)).toEqual([1]);
    clock.advance(3);
    expect(statesOf(stream)).toEqual([2, 3, 4]);
  });

  test('shares one timer and one reading with all others', () => {
    const all = [watch(), watch(), watch('bert')];
    for (const stream of all) readFrom(stream);
    expect(clock.pending).toBe(1);
    clock.advance(1);
    expect(all.map(statesOf)).toEqual([[4], [4], [4]]);
  });

  test('costs nothing any more when the last of them has left', async () => {
    const [one, other] = [watch(), watch()];
    one.destroy();
    await settled();
    expect(clock.pending).toBe(1);
    other.destroy();
    await settled();
    expect(clock.pending).toBe(0);
    readings = 0;
    clock.advance(10);
    expect(readings).toBe(0);
    expect(statesOf(watch())).toEqual([1]);
    expect(clock.pending).toBe(1);
  });

  test('is one of 64 at most, and a place is free again when one leaves', async () => {
    const [first] = Array.from({ length: 64 }, () => watch());
    expect(() => watch()).toThrow(expect.objectContaining({ code: 'LIMIT_REACHED', retryAfterSeconds: 10 }));
    first?.destroy();
    await settled();
    expect(statesOf(watch())).toHaveLength(1);
  });

  test('is dropped when it does not read, and the others are not', async () => {
    const [slow, quick] = [watch(), watch()];
    for (let second = 0; second < 1100; second += 1) {
      tell(final('x'.repeat(1000)), { session: '1', caller: 'anna' });
      readFrom(quick);
    }
    await settled();
    expect(slow.destroyed).toBe(true);
    expect(quick.destroyed).toBe(false);
    clock.advance(1);
    expect(statesOf(quick)).toHaveLength(1);
  });
});

describe('live texts', () => {
  test('come as they are told, and only to watchers of the same caller', () => {
    const [anna, bert] = [watch('anna'), watch('bert')];
    tell(final('for Anna'), { session: '1', caller: 'anna' });
    tell(final('for Bert'), { session: '2', caller: 'bert' });
    expect([heardBy(anna), heardBy(bert)]).toEqual([['for Anna'], ['for Bert']]);
  });

  test('that were told before are told again to those who come later, and only to the same caller', () => {
    tell(final('before'), { session: '1', caller: 'anna' });
    expect(heardBy(watch('anna'))).toEqual(['before']);
    expect(heardBy(watch('bert'))).toEqual([]);
  });

  test('are one line of an event stream, whatever is said', () => {
    const stream = watch();
    readFrom(stream);
    tell(final('one\n\nevent: state\ndata: {}\r\n\u2028two'), { session: '1', caller: 'anna' });
    expect(readFrom(stream)).toMatchObject([
      { event: 'heard', content: { text: 'one\n\nevent: state\ndata: {}\r\n\u2028two' } },
    ]);
  });

  test.each(['speech-start', 'plan', 'error'])('are not made of %s events', (kind) => {
    expect(heardIn({ kind, source: 'mic' } as LiveEvent, '1')).toBeUndefined();
  });

  test('hold what a watcher needs, and nothing else', () => {
    const words = [{ text: 'a', startSeconds: 1, endSeconds: 2, probability: 1 }];
    const heard = heardIn(final('a', { channel: 1, words, model: 'tiny.en' }), '7');
    expect(heard).toEqual({
      session: '7',
      source: 'mic',
      channel: 1,
      kind: 'final',
      startSeconds: 1,
      endSeconds: 2,
      text: 'a',
    });
  });
});

describe('what is remembered for those who come later', () => {
  const place = { session: '1', source: 'mic' };
  const partial = (text: string) => ({ ...place, kind: 'partial', text }) as const;
  const said = (text: string, where = {}) =>
    ({ ...place, kind: 'final', startSeconds: 0, endSeconds: 1, text, ...where }) as const;
  const texts = (memory: HeardMemory) => memory.of('anna').map((heard) => ('text' in heard ? heard.text : heard.kind));

  let memory: HeardMemory;
  beforeEach(() => {
    memory = new HeardMemory();
  });

  test('is the last 5 of a source', () => {
    for (let count = 1; count <= 8; count += 1) memory.keep(said(String(count)), 'anna');
    expect(texts(memory)).toEqual(['4', '5', '6', '7', '8']);
  });

  test('is of partials only the latest, until something takes its place', () => {
    memory.keep(said('one'), 'anna');
    memory.keep(partial('tw'), 'anna');
    memory.keep(partial('two'), 'anna');
    expect(texts(memory)).toEqual(['one', 'two']);
    memory.keep(said('two!'), 'anna');
    expect(texts(memory)).toEqual(['one', 'two!']);
  });

  test('is forgotten when the source ends, with all its channels, and no other', () => {
    memory.keep(said('left', { channel: 0 }), 'anna');
    memory.keep(said('right', { channel: 1 }), 'anna');
    memory.keep(said('other source', { source: 'desk' }), 'anna');
    memory.keep(said('other session', { session: '2' }), 'anna');
    memory.keep({ ...place, kind: 'end' }, 'anna');
    expect(texts(memory)).toEqual(['other source', 'other session']);
  });

  test('is of 100 sources, those that were heard last', () => {
    for (let count = 0; count < 101; count += 1) memory.keep(said(String(count), { session: String(count) }), 'anna');
    memory.keep(said('again', { session: '2' }), 'anna');
    expect(texts(memory)).toHaveLength(101);
    expect(texts(memory)[0]).toBe('1');
    expect(texts(memory).slice(-2)).toEqual(['2', 'again']);
  });
});
