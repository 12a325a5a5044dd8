import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { EventLog, type EventLogOptions, type FollowOptions } from '../../dist/session/event-log.js';
import type { UnnumberedEvent } from '../../dist/session/live-events.js';
import { ManualClock } from '../manual-clock.js';
import { noticed } from './scripted-slots.js';

// What is wrong with a reader shows as a promise that never settles.
vi.setConfig({ testTimeout: 20_000 });

const speechAt = (atSeconds: number): UnnumberedEvent => ({ kind: 'speech-start', source: 'mic', atSeconds });
const withCode = (code: string): unknown => expect.objectContaining({ name: 'EngineError', code });

function logWith(events: number, options: EventLogOptions = {}) {
  const clock = new ManualClock(7000);
  const log = new EventLog(clock, options);
  const append = (count: number) => {
    for (let left = count; left > 0; left -= 1) log.append(speechAt(log.lastSequence));
  };
  append(events);
  return { clock, log, append };
}

type Follower = ReturnType<EventLog['follow']>;
type Result = Awaited<ReturnType<Follower['next']>>;

/** Short: `5`, `missed 1–4`, `end`. */
function labelOf(result: Result): string {
  if (result.done) return 'end';
  const { value } = result;
  if (value.kind !== 'missed') return String(value.sequence);
  expect(value.count).toBe(value.toSequence - value.fromSequence + 1);
  return `missed ${value.fromSequence}–${value.toSequence}`;
}

/** Reads until nothing is there yet. The last call, which waits then, is left behind. */
async function readNow(follower: Follower): Promise<readonly string[]> {
  const labels: string[] = [];
  for (let before = -1; before < labels.length && labels.at(-1) !== 'end'; ) {
    before = labels.length;
    void follower.next().then((result) => labels.push(labelOf(result)));
    await noticed();
  }
  return labels;
}

async function readAll(follower: Follower): Promise<readonly string[]> {
  const labels: string[] = [];
  while (labels.at(-1) !== 'end') labels.push(labelOf(await follower.next()));
  return labels;
}

describe('a log', () => {
  test('numbers events from 1 and keeps what is in them', () => {
    const { log } = logWith(0);
    expect(log.lastSequence).toBe(0);
    expect(log.append(speechAt(3))).toEqual({ kind: 'speech-start', source: 'mic', atSeconds: 3, sequence: 1 });
    expect(log.append(speechAt(4))).toMatchObject({ sequence: 2 });
    expect(log.lastSequence).toBe(2);
  });

  const sequences = ({ events, missed }: ReturnType<EventLog['since']>) => [
    events.map(({ sequence }) => sequence),
    missed,
  ];

  test('says what came since a number', () => {
    const { log } = logWith(4);
    expect(sequences(log.since(0))).toEqual([[1, 2, 3, 4], 0]);
    expect(sequences(log.since(2))).toEqual([[3, 4], 0]);
    expect(sequences(log.since(4))).toEqual([[], 0]);
  });

  test('keeps a thousand events unless told otherwise, and says how many are gone', () => {
    const { log } = logWith(1234);
    expect(log.since(0)).toMatchObject({ missed: 234, events: { length: 1000 } });
    expect(log.since(200).missed).toBe(34);
    expect(log.since(234).missed).toBe(0);
    expect(sequences(log.since(1232))).toEqual([[1233, 1234], 0]);
  });

  test('keeps events for 30 s unless told otherwise', () => {
    const { log, clock, append } = logWith(2);
    clock.advance(10);
    append(1);
    clock.advance(20);
    expect(log.since(0)).toMatchObject({ missed: 0, events: { length: 3 } });
    clock.advance(0.001);
    expect(sequences(log.since(0))).toEqual([[3], 2]);
    clock.advance(1000);
    expect(sequences(log.since(0))).toEqual([[], 3]);
    expect(sequences(log.since(3))).toEqual([[], 0]);
    append(1);
    expect(sequences(log.since(0))).toEqual([[4], 3]);
  });

  test.each([-1, 0.5, Number.NaN, 4, Number.POSITIVE_INFINITY, '2', null])(
    'refuses %s as the number of an event',
    (sequence) => {
      const { log } = logWith(3);
      expect(() => log.since(sequence as number)).toThrow(withCode('OPTION_INVALID'));
      expect(() => log.follow({ after: sequence as number })).toThrow(withCode('OPTION_INVALID'));
    },
  );

  test('refuses a signal that is none', () => {
    const { log } = logWith(3);
    expect(() => log.follow({ signal: {} as AbortSignal })).toThrow(withCode('OPTION_INVALID'));
  });

  test.each<[what: string, options: EventLogOptions]>([
    ['no room', { limit: 0 }],
    ['half an event', { limit: 1.5 }],
    ['room without end', { limit: Number.POSITIVE_INFINITY }],
    ['no time', { ttlSeconds: 0 }],
    ['a time that is none', { ttlSeconds: Number.NaN }],
  ])('refuses to be made with %s', (_what, options) => {
    expect(() => new EventLog(new ManualClock(), options)).toThrow(withCode('OPTION_INVALID'));
  });

  test('takes nothing after its end', () => {
    const { log } = logWith(1);
    log.close();
    expect(() => log.append(speechAt(2))).toThrow(withCode('INTERNAL'));
    expect(log.lastSequence).toBe(1);
  });
});

describe('a reader', () => {
  test('gets what is there, then each event as it comes, then the end', async () => {
    const { log, append } = logWith(2);
    const reading = readAll(log.follow());
    await noticed();
    append(1);
    await noticed();
    append(2);
    log.close();
    expect(await reading).toEqual(['1', '2', '3', '4', '5', 'end']);
  });

  test('begins where it is told to', async () => {
    const { log, append } = logWith(3);
    expect(await readNow(log.follow({ after: 2 }))).toEqual(['3']);
    const latest = log.follow({ after: log.lastSequence });
    append(1);
    expect(await readNow(latest)).toEqual(['4']);
  });

  test('who falls behind is told once what is gone, and goes on', async () => {
    const { log, append } = logWith(1, { limit: 3 });
    const follower = log.follow();
    expect(labelOf(await follower.next())).toBe('1');
    append(9);
    expect(await readNow(follower)).toEqual(['missed 2–7', '8', '9', '10']);
  });

  test('who is slower than 30 s is told too', async () => {
    const { log, clock, append } = logWith(3);
    const follower = log.follow();
    expect(labelOf(await follower.next())).toBe('1');
    clock.advance(31);
    expect(labelOf(await follower.next())).toBe('missed 2–3');
    append(1);
    expect(await readNow(follower)).toEqual(['4']);
  });

  test('who waits misses nothing, however many events come at once', async () => {
    const { log, append } = logWith(0, { limit: 2 });
    const follower = log.follow();
    const waiting = Array.from({ length: 5 }, () => follower.next());
    append(5);
    expect((await Promise.all(waiting)).map(labelOf)).toEqual(['1', '2', '3', '4', '5']);
  });

  test('can read the rest long after the end', async () => {
    const { log, clock } = logWith(3);
    const follower = log.follow();
    await follower.next();
    log.close();
    clock.advance(1000);
    expect(await readAll(follower)).toEqual(['2', '3', 'end']);
    expect(await readAll(log.follow())).toEqual(['1', '2', '3', 'end']);
    expect(labelOf(await follower.next())).toBe('end');
  });

  test('has a pace of its own', async () => {
    const { log, append } = logWith(2);
    const [fast, slow] = [log.follow(), log.follow()];
    expect(await readNow(fast)).toEqual(['1', '2']);
    append(2);
    expect(await readNow(slow)).toEqual(['1', '2', '3', '4']);
  });

  test('who breaks off is let go, and is told the end from then on', async () => {
    const { log } = logWith(3);
    const follower = log.follow();
    for await (const event of follower) if (event.kind !== 'missed' && event.sequence === 2) break;
    expect(labelOf(await follower.next())).toBe('end');
  });

  test('who returns while it waits is answered at once', async () => {
    const { log, append } = logWith(0);
    const follower = log.follow();
    const waiting = [follower.next(), follower.next()];
    expect(await follower.return?.()).toEqual({ done: true, value: undefined });
    expect((await Promise.all(waiting)).map(labelOf)).toEqual(['end', 'end']);
    append(1);
    expect(labelOf(await follower.next())).toBe('end');
  });

  test.each<[when: string, abort: (abort: AbortController) => void, labels: readonly string[]]>([
    ['before it reads', (controller) => controller.abort(), ['end']],
    ['while it waits', (controller) => setImmediate(() => controller.abort()), ['1', '2', 'end']],
  ])('ends without an error when its signal is aborted %s', async (_when, abort, labels) => {
    const { log } = logWith(2);
    const controller = new AbortController();
    const follower = log.follow({ signal: controller.signal });
    abort(controller);
    expect(await readAll(follower)).toEqual(labels);
  });

  test('is known to its signal only while it waits', async () => {
    const { log, append } = logWith(1);
    const { signal } = new AbortController();
    const [added, removed] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    const follower = log.follow({ signal });
    await follower.next();
    expect(added).not.toHaveBeenCalled();
    const waiting = [follower.next(), follower.next()];
    append(1);
    expect(added).toHaveBeenCalledTimes(1);
    expect(removed).not.toHaveBeenCalled();
    append(1);
    await Promise.all(waiting);
    expect(removed).toHaveBeenCalledTimes(1);
    expect(removed.mock.calls[0]?.slice(0, 2)).toEqual(added.mock.calls[0]?.slice(0, 2));
  });

  test('may append from its own loop', async () => {
    const { log } = logWith(1);
    const seen: string[] = [];
    for await (const event of log.follow()) {
      seen.push(labelOf({ done: false, value: event }));
      if (seen.length < 5) log.append(speechAt(0));
      else log.close();
    }
    expect(seen).toEqual(['1', '2', '3', '4', '5']);
  });
});

test('every reader who waits is answered when the log is closed', async () => {
  const { log } = logWith(0);
  const waiting = Array.from({ length: 1000 }, () => log.follow().next());
  log.close();
  log.close();
  expect(new Set((await Promise.all(waiting)).map(labelOf))).toEqual(new Set(['end']));
});

test('readers who never read, or have gone, cost no memory', async () => {
  const { log, append } = logWith(0, { limit: 10 });
  const forgotten: WeakRef<Follower>[] = [];
  for (let at = 0; at < 1000; at += 1) {
    const [reader, leaver] = [log.follow(), log.follow()];
    forgotten.push(new WeakRef(reader), new WeakRef(leaver));
    const waiting = leaver.next();
    await leaver.return?.();
    await waiting;
  }
  append(100);
  await noticed();
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  // The engine may still have the last few in its registers.
  expect(forgotten.filter((ref) => ref.deref()).length).toBeLessThan(20);
});

type Step =
  | { readonly kind: 'append' | 'close' | 'follow' }
  | { readonly kind: 'advance'; readonly seconds: number }
  | { readonly kind: 'since'; readonly back: number }
  | { readonly kind: 'next' | 'return' | 'abort'; readonly reader: number };

const anyReader = fc.nat({ max: 3 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('append' as const) }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('next' as const), reader: anyReader }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('since' as const), back: fc.nat({ max: 9 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('advance' as const), seconds: fc.nat({ max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('follow' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('return' as const, 'abort' as const), reader: anyReader }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const) }) },
);

interface ModelReader {
  position: number;
  calls: number;
  isOver: boolean;
  readonly labels: string[];
}

/** The same log with every event that ever was. */
class Model {
  readonly readers: ModelReader[] = [];
  readonly #appendedAt: number[] = [];
  #closedAt: number | undefined;
  readonly #limit: number;
  readonly #ttlSeconds: number;

  constructor({ limit, ttlSeconds }: Required<{ [Key in keyof EventLogOptions]: number }>) {
    this.#limit = limit;
    this.#ttlSeconds = ttlSeconds;
  }

  get count(): number {
    return this.#appendedAt.length;
  }

  get isClosed(): boolean {
    return this.#closedAt !== undefined;
  }

  append(now: number): void {
    this.#appendedAt.push(now);
    for (const reader of this.readers) this.serve(reader, now);
  }

  close(now: number): void {
    this.#closedAt ??= now;
    for (const reader of this.readers) this.serve(reader, now);
  }

  /** How many of the oldest are gone. */
  gone(now: number): number {
    const at = this.#closedAt ?? now;
    const isKept = (appendedAt: number, index: number) =>
      index >= this.count - this.#limit && at - appendedAt <= this.#ttlSeconds;
    const first = this.#appendedAt.findIndex(isKept);
    return first < 0 ? this.count : first;
  }

  serve(reader: ModelReader, now: number): void {
    while (reader.calls > 0) {
      const label = this.#take(reader, now);
      if (label === undefined) return;
      reader.labels.push(label);
      reader.calls -= 1;
    }
  }

  #take(reader: ModelReader, now: number): string | undefined {
    if (reader.isOver) return 'end';
    const gone = this.gone(now);
    if (reader.position < gone) {
      const label = `missed ${reader.position + 1}–${gone}`;
      reader.position = gone;
      return label;
    }
    if (reader.position === this.count) return this.isClosed ? 'end' : undefined;
    reader.position += 1;
    return String(reader.position);
  }
}

test('whatever is written, read and let go in whatever order, every reader gets what a log without bounds would say', async () => {
  const options = fc.record({ limit: fc.integer({ min: 1, max: 5 }), ttlSeconds: fc.integer({ min: 1, max: 8 }) });
  await fc.assert(
    fc.asyncProperty(options, fc.array(anyStep, { maxLength: 120, size: 'max' }), async (bounds, steps) => {
      const clock = new ManualClock(100);
      const log = new EventLog(clock, bounds);
      const model = new Model(bounds);
      const real: { follower: Follower; controller: AbortController; labels: string[] }[] = [];
      const follow = (followOptions: FollowOptions) => {
        const controller = new AbortController();
        real.push({ follower: log.follow({ ...followOptions, signal: controller.signal }), controller, labels: [] });
        model.readers.push({ position: followOptions.after ?? 0, calls: 0, isOver: false, labels: [] });
      };
      follow({});
      for (const step of steps) {
        const now = clock.nowSeconds();
        const at = 'reader' in step ? step.reader % real.length : 0;
        const [reader, modelReader] = [real[at], model.readers[at]];
        if (!reader || !modelReader) throw new Error('There is always a reader.');
        switch (step.kind) {
          case 'append':
            if (model.isClosed) break;
            model.append(now);
            log.append(speechAt(now));
            break;
          case 'close':
            model.close(now);
            log.close();
            break;
          case 'advance':
            clock.advance(step.seconds);
            break;
          case 'follow':
            follow({ after: Math.floor(model.count / 2) });
            break;
          case 'since': {
            const after = Math.max(0, model.count - step.back);
            const { events, missed } = log.since(after);
            const gone = Math.max(after, model.gone(now));
            expect(missed).toBe(gone - after);
            expect(events.map(({ sequence }) => sequence)).toEqual(
              Array.from({ length: model.count - gone }, (_, index) => gone + index + 1),
            );
            break;
          }
          case 'next':
            modelReader.calls += 1;
            model.serve(modelReader, now);
            void reader.follower.next().then((result) => reader.labels.push(labelOf(result)));
            break;
          case 'return':
          case 'abort':
            modelReader.isOver = true;
            model.serve(modelReader, now);
            if (step.kind === 'abort') reader.controller.abort();
            else void reader.follower.return?.();
            break;
          default:
            step satisfies never;
        }
      }
      await noticed();
      expect(real.map(({ labels }) => labels)).toEqual(model.readers.map(({ labels }) => labels));
      model.close(clock.nowSeconds());
      log.close();
      await noticed();
      expect(real.map(({ labels }) => labels)).toEqual(model.readers.map(({ labels }) => labels));
      expect(model.readers.every(({ calls }) => calls === 0)).toBe(true);
    }),
    { numRuns: 400 },
  );
});
