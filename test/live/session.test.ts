import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEngine, type Engine, type LiveEvent, type LiveFormat, type Missed } from '../../dist/index.js';
import { bundled, joined, samplesOf, silence, spoken } from './clips.js';
import { encoded, expectBalance, interleaved, isOf, nextOf, Told, writeInCuts } from './live-source.js';

const jfk = await samplesOf(bundled('jfk.wav'));
const leopard = await samplesOf(bundled('leopard_en.wav'));
const german = await samplesOf(bundled('leopard_de.wav'));
const harvard = await samplesOf(bundled('harvard_8k.wav'));
const pcm: LiveFormat = { encoding: 's16le', sampleRate: 16_000 };
/** Of jfk.wav, without the two words that are a sentence of their own there. */
const jfkSays = 'what your country can do for you ask what you can do for your country';
const quilterSays = 'apostle of the middle classes and we are glad to welcome his gospel';
/** What a decoder makes of it that hears the beginning of words cut off. */
const turns = ['gold ring', 'long journey', 'pink shell', 'small children', 'blind man', 'severe storm'];

const often = { interval: 2, timeout: 60_000 };

let engine: Engine;

describe('a live session', () => {
  beforeAll(async () => {
    engine = await createEngine({ model: 'base', language: 'en', slots: 2, threadsPerSlot: 1 });
  });
  afterAll(() => engine.close());
  afterEach(() => {
    expect(engine.snapshot().sessions.open).toBe(0);
  });

  describe('hears what is said, whatever it is written as:', () => {
    test.each<[name: string, format: LiveFormat, lengths: readonly number[]]>([
      ['16 kHz in packets of 20 ms', pcm, [640]],
      ['all at once', pcm, [Number.POSITIVE_INFINITY]],
      ['floats, cut in the middle of samples', { encoding: 'f32le', sampleRate: 16_000 }, [4097, 1, 2, 0, 6001]],
      ['CD rate, in odd numbers of bytes', { encoding: 's16le', sampleRate: 44_100 }, [12_345]],
      ['stereo of a sound card, mixed', { encoding: 's16le', sampleRate: 48_000, channels: 2 }, [7681, 3]],
      ['mu-law of a telephone', { encoding: 'mulaw', sampleRate: 8000 }, [160]],
      ['A-law of a telephone', { encoding: 'alaw', sampleRate: 8000, channels: 1 }, [160]],
    ])('%s', async (_name, format, lengths) => {
      const session = await engine.openSession();
      const told = new Told(session);
      const source = session.addSource('caller', { format });
      await writeInCuts(source, encoded(leopard, format), lengths);
      const { sources } = await session.end();
      expect(told.text()).toContain(quilterSays);
      expect(told.gaps).toEqual([]);
      told.expectSound();
      expect(sources).toMatchObject([
        { source: 'caller', ledger: { heardSeconds: expect.closeTo(leopard.length / 16_000, 2) } },
      ]);
      expect(sources[0]?.text).toBe(
        told
          .finals()
          .map((final) => final.text)
          .join(' '),
      );
    });
  });

  test('tells channels apart that are split', async () => {
    const session = await engine.openSession();
    const told = new Told(session);
    const format: LiveFormat = { encoding: 's16le', sampleRate: 16_000, channels: 2, channelMode: 'split' };
    const source = session.addSource('line', { format });
    const both = interleaved(jfk, joined(silence(2), leopard));
    await writeInCuts(source, encoded(both, { ...pcm }), [6402, 7, 5000]);
    const { sources } = await session.end();
    expect(told.text('line', 0)).toContain(jfkSays);
    expect(told.text('line', 1)).toContain(quilterSays);
    expect(told.text('line', 0)).not.toContain('quilter');
    expect(told.text('line', 1)).not.toContain('country');
    expect(sources.map(({ channel }) => channel)).toEqual([0, 1]);
    expect(source.ledger).toMatchObject({ heardSeconds: expect.closeTo(22, 2), imbalanceSamples: 0 });
    told.expectSound();
  });

  test('times words on the clock of the source, over silence and other speech', async () => {
    const { words: reference } = await engine.transcribe(bundled('leopard_en.wav'), { words: true });
    const session = await engine.openSession({ words: true });
    const told = new Told(session);
    const source = session.addSource('caller', { format: pcm });
    const before = joined(silence(3), leopard, silence(20));
    await source.write(encoded(joined(before, leopard), pcm));
    await session.end();
    const shift = before.length / 16_000;
    const words = told.finals().flatMap((final) => final.words ?? []);
    for (const [text, afterSeconds] of [
      ['apostle', 3],
      ['apostle', shift],
      ['gospel', 3],
      ['gospel', shift],
    ] as const) {
      const known = reference?.find((word) => spoken(word.text) === text);
      const near = words.filter((word) => spoken(word.text) === text);
      expect(near).toHaveLength(2);
      const distances = near.map((word) => Math.abs(word.startSeconds - afterSeconds - (known?.startSeconds ?? 0)));
      expect(Math.min(...distances), text).toBeLessThan(0.3);
    }
    for (const final of told.finals()) {
      for (const word of final.words ?? []) {
        expect(word.startSeconds).toBeGreaterThanOrEqual(final.startSeconds);
        expect(word.endSeconds).toBeLessThanOrEqual(final.endSeconds);
      }
    }
    told.expectSound();
  });

  test('has many sources at once beside a file, each with its own text', async () => {
    const session = await engine.openSession();
    const told = new Told(session);
    const file = engine.transcribe(bundled('harvard_8k.wav'));
    const caller = session.addSource('caller', { format: pcm, priority: 'critical' });
    const television = session.addSource('television', { format: pcm, priority: 'background' });
    await Promise.all([
      writeInCuts(caller, encoded(jfk, pcm), [3200]),
      writeInCuts(television, encoded(leopard, pcm), [3200]),
    ]);
    expect(engine.snapshot().sources).toMatchObject([
      { source: 'caller', priority: 'critical' },
      { source: 'television', priority: 'background' },
    ]);
    await Promise.all([caller.end(), television.end()]);
    expect(told.text('caller')).toContain(jfkSays);
    expect(told.text('television')).toContain(quilterSays);
    expect(spoken((await file).text)).toContain('the long journey home took a year');
    await session.end();
    told.expectSound();
  });

  test('shows partial texts that only grow where they are confirmed, and none when nobody wants them', async () => {
    const session = await engine.openSession({ partialEverySeconds: 0.5 });
    const told = new Told(session);
    const source = session.addSource('caller', { format: pcm });
    const bytes = encoded(harvard.subarray(0, 20 * 16_000), pcm);
    for (let at = 0; at < bytes.length; at += 16_000) {
      await source.write(bytes.subarray(at, at + 16_000));
      // As long as a decode of it lasts, a microphone has no more to say.
      await expect
        .poll(() => source.ledger.unheardSeconds < 0.2 && engine.snapshot().slots.busy === 0, often)
        .toBe(true);
    }
    await session.end();
    const partials = told.of('partial');
    expect(partials.length).toBeGreaterThan(5);
    for (const [at, partial] of partials.entries()) {
      const before = partials[at - 1];
      if (before?.utterance === partial.utterance) expect(partial.confirmed.startsWith(before.confirmed)).toBe(true);
      const final = told.finals().find(({ utterance }) => utterance === partial.utterance);
      if (final) expect(final.sequence).toBeGreaterThan(partial.sequence);
    }
    const quiet = await engine.openSession({ partialEverySeconds: false });
    const toldQuietly = new Told(quiet);
    await quiet.addSource('caller', { format: pcm }).write(encoded(jfk, pcm));
    await quiet.end();
    expect(toldQuietly.of('partial')).toEqual([]);
    expect(toldQuietly.text()).toContain(jfkSays);
  });

  test('goes by another plan from the middle on', async () => {
    const session = await engine.openSession({ chunkSeconds: 'continuous' });
    const told = new Told(session);
    const source = session.addSource('caller', { format: pcm });
    const bytes = encoded(joined(jfk, jfk), pcm);
    const firstFinal = nextOf(session, 'final');
    await source.write(bytes.subarray(0, bytes.length / 2));
    await firstFinal;
    session.follow({ ...session.plan, chunkSeconds: 2 }, 'The load is high.');
    await source.write(bytes.subarray(bytes.length / 2));
    await session.end();
    expect(told.of('plan')).toMatchObject([{ plan: { chunkSeconds: 2 }, reason: 'The load is high.' }]);
    const [before, after] = [
      told.finals().filter((f) => f.startSeconds < 10),
      told.finals().filter((f) => f.startSeconds > 11),
    ];
    expect(Math.max(...before.map((final) => final.endSeconds - final.startSeconds))).toBeGreaterThan(2.5);
    expect(Math.max(...after.map((final) => final.endSeconds - final.startSeconds))).toBeLessThanOrEqual(2.5);
    expect(after.some((final) => final.isForced)).toBe(true);
    told.expectSound();
  });

  test('finds out the language of each source, and keeps to it', async () => {
    const session = await engine.openSession({ language: 'auto' });
    const told = new Told(session);
    const here = session.addSource('here', { format: pcm });
    const there = session.addSource('there', { format: pcm });
    for (const [source, samples] of [
      [here, leopard],
      [there, german],
    ] as const) {
      await source.write(encoded(joined(samples, silence(1)), pcm));
      await expect.poll(() => told.finals(source.name).length, often).toBeGreaterThan(0);
      await source.write(encoded(joined(samples, silence(1)), pcm));
    }
    await session.end();
    const [english, other] = [told.finals('here'), told.finals('there')];
    expect(english.map((final) => final.language)).toEqual(english.map(() => 'en'));
    expect(other.map((final) => final.language)).toEqual(other.map(() => 'de'));
    expect(other[0]?.languageProbability).toBeGreaterThan(0.5);
    expect(other.at(-1)).not.toHaveProperty('languageProbability');
    expect(told.text('there')).toContain('portal');
    told.expectSound();
  });

  test('can be left and come back to: every event once, and the token is good once', async () => {
    const session = await engine.openSession();
    const told = new Told(session);
    const source = session.addSource('caller', { format: pcm });
    const bytes = encoded(joined(jfk, silence(1), jfk), pcm);
    const firstFinal = nextOf(session, 'final');
    await source.write(bytes.subarray(0, bytes.length / 2));
    const { sequence: after } = await firstFinal;
    const token = session.detach();
    expect(engine.snapshot().sessions).toMatchObject({ open: 1, detached: 1 });
    await source.write(bytes.subarray(bytes.length / 2));
    const back = engine.resumeSession(token);
    expect(back).toBe(session);
    expect(() => engine.resumeSession(token)).toThrow(expect.objectContaining({ code: 'SESSION_UNKNOWN' }));
    const items: (LiveEvent | Missed)[] = [];
    const reading = (async () => {
      for await (const item of back.events({ after })) items.push(item);
    })();
    await back.end();
    await reading;
    expect(items).toEqual(told.events.slice(after));
    expect(told.text().split('fellow americans')).toHaveLength(3);
    expect(() => session.detach()).toThrow(expect.objectContaining({ code: 'SESSION_ENDED' }));
    expect(() => session.events({ after: 1e6 })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
    told.expectSound();
  });

  test('is an async iterator of the same events, which ends with it', async () => {
    const session = await engine.openSession();
    const told = new Told(session);
    const source = session.addSource('caller', { format: pcm });
    void source.write(encoded(leopard, pcm)).then(() => session.end());
    const items: (LiveEvent | Missed)[] = [];
    for await (const item of session) items.push(item);
    expect(items).toEqual(told.events);
    expect(items.some((item) => isOf(item, 'final'))).toBe(true);
  });

  test.each<[kind: string, writable: 'writable' | 'webWritable']>([
    ['a Node', 'writable'],
    ['a web', 'webWritable'],
  ])('is written by %s stream, whose end is the source’s', async (_kind, writable) => {
    const session = await engine.openSession();
    const told = new Told(session);
    const source = session.addSource('file', { format: pcm });
    const bytes = new Blob([Uint8Array.from(encoded(leopard, pcm))]);
    const target = source[writable]();
    if (target instanceof WritableStream) await bytes.stream().pipeTo(target);
    else {
      for await (const part of bytes.stream()) target.write(part);
      await new Promise<void>((resolve) => target.end(resolve));
    }
    expect(source.hasEnded).toBe(true);
    expect(told.text()).toContain(quilterSays);
    await session.end();
  });

  test('keeps its books at every moment', async () => {
    const session = await engine.openSession();
    const source = session.addSource('caller', { format: pcm });
    const bytes = encoded(harvard, pcm);
    let busy = 0;
    for (let at = 0; at < bytes.length; at += 16_001) {
      await source.write(bytes.subarray(at, at + 16_001));
      const { ledger } = source;
      expectBalance(ledger);
      expect(ledger.heardSeconds + ledger.unheardSeconds).toBeCloseTo(Math.min(at + 16_001, bytes.length) / 32_000, 3);
      busy += engine.snapshot().slots.busy;
      await expect.poll(() => source.ledger.unheardSeconds, often).toBeLessThan(0.2);
    }
    expect(busy).toBeGreaterThan(0);
    const { sources } = await session.end();
    const text = spoken(sources[0]?.text ?? '');
    for (const turn of turns) expect(text).toContain(turn);
  });
});

describe('an engine with live sessions', () => {
  const tiny = { model: 'tiny.en', slots: 2, threadsPerSlot: 1 } as const;
  const lines: { readonly level: number; readonly msg: string }[] = [];
  const logger = pino(
    { level: 'debug' },
    { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[0]) },
  );
  beforeEach(async () => {
    lines.length = 0;
    engine = await createEngine({ ...tiny, sessionLimit: 2, logger });
  });
  afterEach(() => engine.close({ force: true }));

  test('changes its model under them, and loses nothing', async () => {
    const session = await engine.openSession();
    const told = new Told(session);
    const source = session.addSource('caller', { format: pcm });
    const bytes = encoded(joined(jfk, silence(1), jfk, silence(1), jfk), pcm);
    const firstFinal = nextOf(session, 'final');
    await source.write(bytes.subarray(0, bytes.length / 3));
    expect(await firstFinal).toMatchObject({ model: 'tiny.en', variant: 'q8_0' });
    const switched = engine.switchModel('base');
    await source.write(bytes.subarray(bytes.length / 3, bytes.length / 2));
    await switched;
    await source.write(bytes.subarray(bytes.length / 2));
    await session.end();
    expect(told.finals().at(-1)).toMatchObject({ model: 'base' });
    expect(told.text().split('country can do')).toHaveLength(4);
    expect(told.gaps.filter((gap) => gap.reason !== 'suppressed')).toEqual([]);
    told.expectSound();
  });

  test('finishes them when it closes', async () => {
    const session = await engine.openSession();
    const told = new Told(session);
    const source = session.addSource('caller', { format: pcm });
    await source.write(encoded(jfk, pcm));
    await engine.close();
    expect(told.text()).toContain('country can do for you');
    told.expectSound();
    await expect(source.write(encoded(jfk, pcm))).rejects.toMatchObject({ code: 'SOURCE_ENDED' });
    await expect(engine.openSession()).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    expect(() => engine.resumeSession('any')).toThrow(expect.objectContaining({ code: 'ENGINE_CLOSED' }));
  });

  test('stops them when it closes by force: what was not told is a gap', async () => {
    const session = await engine.openSession();
    const told = new Told(session);
    const source = session.addSource('caller', { format: pcm });
    const begun = nextOf(session, 'speech-start');
    await source.write(encoded(joined(harvard, harvard), pcm));
    await begun;
    await engine.close({ force: true });
    expect(told.gaps.some((gap) => gap.reason === 'aborted')).toBe(true);
    expect(source.hasEnded).toBe(true);
    expect(source.ledger.heardSeconds).toBeCloseTo((2 * harvard.length) / 16_000, 2);
    told.expectSound();
  });

  test('stops a write that waits for room, too', async () => {
    const session = await engine.openSession();
    const source = session.addSource('caller', { format: pcm, queue: { seconds: 20 } });
    const waiting = source.write(encoded(joined(...Array.from({ length: 4 }, () => harvard)), pcm));
    const outcome = expect(waiting).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    await nextOf(session, 'speech-start');
    await engine.close({ force: true });
    await outcome;
  });

  test('lets in as many as it was told, and says when to try again', async () => {
    const [first, second] = [await engine.openSession(), await engine.openSession()];
    await expect(engine.openSession()).rejects.toMatchObject({
      code: 'SESSION_LIMIT',
      message: expect.stringMatching(/2/u),
    });
    first.detach();
    await expect(engine.openSession()).rejects.toMatchObject({
      code: 'SESSION_LIMIT',
      message: expect.stringMatching(/in about \d+ s/u),
    });
    await second.end();
    const third = await engine.openSession();
    await Promise.all([first.end(), third.end()]);
    expect(engine.snapshot().sessions).toEqual({ open: 0, detached: 0, limit: 2 });
  });

  test('says all of it in a snapshot, to Prometheus and to the log', async () => {
    const registry = new Registry();
    await engine.metrics.register({ registry });
    const session = await engine.openSession();
    const source = session.addSource('caller', { format: pcm, priority: 'critical' });
    const cut = session.addSource('cut off', { format: pcm });
    const firstFinal = nextOf(session, 'final');
    await source.write(encoded(jfk, pcm));
    await firstFinal;
    const snapshot = engine.snapshot();
    expect(snapshot).toMatchObject({
      slots: { total: 2 },
      sessions: { open: 1, detached: 0, limit: 2 },
      sources: [
        { session: '1', source: 'caller', priority: 'critical', ledger: { imbalanceSamples: 0 } },
        { session: '1', source: 'cut off', priority: 'normal', ledger: { heardSeconds: 0 } },
      ],
    });
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
    const begun = nextOf(session, 'speech-start');
    await cut.write(encoded(joined(leopard, leopard, leopard), pcm));
    await begun;
    await cut.abort();
    await session.end();

    const { telemetry } = engine.snapshot();
    expect(telemetry).toMatchObject({
      sessions: { opened: 1, closed: 1 },
      gaps: { aborted: { count: expect.any(Number), seconds: expect.any(Number) } },
      failures: {},
      restarts: { slot: 0, listener: 0 },
    });
    expect(telemetry.finalLatencySeconds.count).toBeGreaterThan(0);
    expect(telemetry.queueSeconds.critical.recent?.max).toBeGreaterThan(0);
    expect(telemetry.decodes.final.count + telemetry.decodes.partial.count).toBeGreaterThan(0);

    const page = await registry.metrics();
    for (const line of [
      /^whisperpool_queue_seconds\{engine="default",priority="critical",quantile="0.95"\} [\d.e-]+$/mu,
      /^whisperpool_gaps_total\{engine="default",reason="aborted"\} [1-9]/mu,
      /^whisperpool_gaps_seconds_total\{engine="default",reason="aborted"\} [\d.]+$/mu,
      /^whisperpool_sessions_opened_total\{engine="default"\} 1$/mu,
      /^whisperpool_ledger_imbalance_samples\{engine="default"\} 0$/mu,
    ]) {
      expect(page).toMatch(line);
    }
    expect(lines.map((line) => line.msg)).toEqual(
      expect.arrayContaining(['A live session was opened.', 'A live session has ended.']),
    );
    expect(lines.some((line) => line.level === 40 && line.msg.includes('aborted'))).toBe(true);
  });
});
