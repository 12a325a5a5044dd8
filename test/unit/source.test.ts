import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import type { LiveFormat } from '../../dist/provider/stream-format.js';
import { settled } from '../live-world.js';
import { ScriptedSpool } from '../scripted-spool.js';
import { liveSource, talk, talkIn, telephone } from './live-source.js';

/** The reason of a promise that was rejected. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'none',
    (error: unknown) => (error instanceof EngineError ? error.code : String(error)),
  );
}

function codeOfCall(call: () => unknown): string {
  try {
    call();
    return 'none';
  } catch (error) {
    return error instanceof EngineError ? error.code : String(error);
  }
}

describe('a source that has ended', () => {
  test.each(['end', 'abort'] as const)('by %s takes nothing more, however it is written', async (how) => {
    const { source, live, events } = liveSource();
    await source[how]();
    expect(await codeOf(source.write(talk(1)))).toBe('SOURCE_ENDED');
    expect(codeOfCall(() => source.tryWrite(talk(1)))).toBe('SOURCE_ENDED');
    expect(codeOfCall(() => source.changeFormat(telephone))).toBe('SOURCE_ENDED');
    const piped = new Promise((resolve, reject) =>
      source.writable().on('error', reject).on('finish', resolve).end(talk(1)),
    );
    expect(await codeOf(piped)).toBe('SOURCE_ENDED');
    expect(source.hasEnded).toBe(true);
    expect(events.at(-1)).toMatchObject({ kind: 'end', source: 'mic' });
    expect(live.ears.open).toEqual([]);
  });

  test('leaves its name to another, whose audio is its own', async () => {
    const { session, source, write, end, told } = liveSource();
    expect(codeOfCall(() => session.addSource('mic', { format: telephone }))).toBe('SOURCE_EXISTS');
    await write(talk(2));
    const ended = source.end();
    expect(codeOfCall(() => session.addSource('mic', { format: telephone }))).toBe('SOURCE_EXISTS');
    await settled();
    await end();
    await ended;
    expect(told()).toEqual(['final 0.0–2.0 w0', 'end of source', 'end']);
    expect(codeOfCall(() => session.addSource('mic', { format: telephone }))).toBe('SESSION_ENDED');
  });

  test('twice has ended once', async () => {
    const { source, told, write, end } = liveSource();
    await write(talk(1));
    void source.end();
    void source.end();
    await end();
    expect(told().filter((line) => line === 'end of source')).toHaveLength(1);
  });
});

describe('bytes that will not do', () => {
  test.each<[what: string, bytes: unknown, code: string]>([
    ['a text', 'aGVsbG8=', 'OPTION_INVALID'],
    ['samples that are not bytes', new Float32Array(4), 'OPTION_INVALID'],
    ['nothing at all', undefined, 'OPTION_INVALID'],
  ])('%s is refused, and the source goes on', async (_what, bytes, code) => {
    const { source, end, told, write } = liveSource();
    expect(await codeOf(source.write(bytes as Uint8Array))).toBe(code);
    expect(codeOfCall(() => source.tryWrite(bytes as Uint8Array))).toBe(code);
    await write(talk(2));
    await end();
    expect(told()[0]).toBe('final 0.0–2.0 w0');
  });

  test('a float that is no number is refused with its whole write, over a join, too', async () => {
    const { source, write, end } = liveSource({ options: { format: { encoding: 'f32le', sampleRate: 16_000 } } });
    const broken = new Uint8Array(new Float32Array([0, Number.NaN]).buffer);
    expect(await codeOf(source.write(broken))).toBe('AUDIO_INVALID');
    await write(broken.subarray(0, 6));
    expect(await codeOf(source.write(broken.subarray(6)))).toBe('AUDIO_INVALID');
    await write(new Uint8Array([0, 0]));
    await end();
    expect(source.ledger.heardSeconds).toBe(2 / 16_000);
  });

  test.each([Number.NaN, -1, '2'])('to wait %s seconds is refused', async (waitSeconds) => {
    const { source } = liveSource();
    expect(await codeOf(source.write(talk(1), { waitSeconds: waitSeconds as number }))).toBe('OPTION_INVALID');
  });
});

describe('a change of format', () => {
  const wide: LiveFormat = { encoding: 's16le', sampleRate: 16_000 };

  test('in mid-stream goes on with the clock of the source', async () => {
    const { source, write, told, end } = liveSource();
    await write(talk(1.5));
    source.changeFormat(wide);
    await write(talkIn(wide, 1.5));
    await end();
    expect(told()).toEqual(['final 0.0–3.0 w0', 'end of source', 'end']);
    expect(source.ledger).toMatchObject({ heardSeconds: 3, transcribedSeconds: 3, imbalanceSamples: 0 });
  });

  test.each<[what: string, format: LiveFormat, code: string]>([
    ['with another number of tracks', { ...telephone, channels: 2, channelMode: 'split' }, 'OPTION_INVALID'],
    ['at a rate that does not exist', { ...telephone, sampleRate: 7 }, 'AUDIO_INVALID'],
    ['in an encoding that does not exist', { ...telephone, encoding: 'mp3' as 'mulaw' }, 'OPTION_INVALID'],
  ])('%s is refused, and the source goes on', async (_what, format, code) => {
    const { source, write, told, end } = liveSource();
    expect(codeOfCall(() => source.changeFormat(format))).toBe(code);
    await write(talk(2));
    await end();
    expect(told()[0]).toBe('final 0.0–2.0 w0');
  });

  test('while writes wait is refused', async () => {
    const { source, write, end } = liveSource({ options: { queue: { seconds: 25 } } });
    await write(talk(40));
    expect(codeOfCall(() => source.changeFormat(wide))).toBe('OPTION_INVALID');
    await end();
  });
});

describe('time', () => {
  test('of five seconds without audio ends what was being said', async () => {
    const { write, told, clock, slots, end, source } = liveSource();
    await write(talk(2));
    clock.advance(4.9);
    slots.finishAll();
    await settled();
    expect(told()).toEqual([]);
    clock.advance(0.2);
    await settled();
    slots.finishAll();
    await settled();
    expect(told()).toEqual(['final 0.0–2.0 w0']);
    await end();
    expect(source.ledger).toMatchObject({ heardSeconds: 2, imbalanceSamples: 0 });
  });

  test('of ten minutes without audio is no time of the source: it goes on where it was', async () => {
    const { write, told, clock, slots, end, source } = liveSource();
    await write(talk(2, 1));
    clock.advance(600);
    await write(talk(1, 1));
    slots.finishAll();
    await settled();
    slots.finishAll();
    await settled();
    expect(told().at(-1)).toMatch(/^final 2\.[67]–4\.[0-9] /u);
    await end();
    expect(source.ledger).toMatchObject({ heardSeconds: 5, imbalanceSamples: 0 });
  });

  test('that jumps by a day is a long latency, and nothing else', async () => {
    const { write, clock, slots, events, end, live } = liveSource();
    await write(talk(2, 1));
    clock.advance(86_400);
    slots.finishAll();
    await settled();
    const final = events.find((event) => event.kind === 'final');
    expect(final).toMatchObject({ startSeconds: 0, timings: { latencySeconds: 86_400 } });
    await end();
    live.expectNothingLeft();
  });
});

describe('when the listener dies in mid-stream', () => {
  test('all is heard and told as if it had not', async () => {
    const { write, ears, source, told, end, live } = liveSource();
    ears.answersAtOnce = false;
    await write(talk(2, 1, 2, 1));
    for (let death = 0; death < 2; death += 1) {
      ears.answer();
      await settled();
      ears.die();
      await settled();
    }
    await end();
    expect(told()).toEqual(['final 0.0–2.3 w0', 'final 2.7–5.3 w1', 'end of source', 'end']);
    expect(source.ledger).toMatchObject({ heardSeconds: 6, gapSeconds: 0, imbalanceSamples: 0 });
    live.expectNothingLeft();
  });

  test('for good, the source ends with an error and a gap, and the session goes on', async () => {
    const { write, ears, source, session, told, end, live } = liveSource();
    ears.answersAtOnce = false;
    await write(talk(2, 1));
    for (let death = 0; death < 3; death += 1) {
      ears.die();
      await settled();
    }
    expect(told()).toEqual(['error WORKER_DIED', 'gap listener-restarted 0.0–3.0', 'end of source']);
    expect(source.hasEnded).toBe(true);
    expect(codeOfCall(() => session.addSource('mic', { format: telephone }))).toBe('none');
    await end();
    live.expectNothingLeft();
  });
});

describe('an end', () => {
  test('during a decode waits for its text', async () => {
    const { write, source, slots, told, live } = liveSource();
    await write(talk(2, 1));
    const ended = { is: false };
    live.promised(
      'end',
      source.end().then(() => (ended.is = true)),
    );
    await settled();
    expect([ended.is, slots.running.length]).toEqual([false, 1]);
    slots.finishAll();
    await settled();
    expect([ended.is, told()]).toEqual([true, ['final 0.0–2.3 w0', 'end of source']]);
  });

  test('that is aborted makes gaps of what is not told', async () => {
    const { write, source, slots, told, live } = liveSource();
    await write(talk(2, 1, 2, 1, 1));
    live.promised('end', source.end());
    live.promised('abort', source.abort());
    await live.finishEverything();
    expect(slots.running).toEqual([]);
    expect(told().every((line) => line.startsWith('gap aborted') || line === 'end of source')).toBe(true);
    expect(source.ledger.gapSeconds + source.ledger.silentSeconds).toBe(7);
    live.expectNothingLeft();
  });

  test.each(['writing', 'hearing', 'decoding', 'spooling', 'at once'] as const)(
    'of everything while it is %s leaves nothing behind',
    async (when) => {
      const spool = new ScriptedSpool();
      spool.answersAtOnce = when !== 'spooling';
      const { live, session, write } = liveSource({ spool, options: { shed: 'spool', queue: { seconds: 25 } } });
      live.ears.answersAtOnce = when !== 'hearing';
      if (when !== 'at once') await write(talk(...Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? 3 : 1))));
      if (when === 'decoding') live.slots.finishAll();
      if (when === 'writing') live.promised('write', session.sources[0]?.write(talk(60)) ?? Promise.resolve());
      live.promised('abort', session.abort());
      await live.finishEverything(async () => {
        spool.proceed();
        await settled(400);
      });
      live.expectNothingLeft();
    },
  );
});

test('1,000 sources that are opened and closed leave nothing behind', async () => {
  const { live, session, end } = liveSource();
  for (let source = 0; source < 1000; source += 1) {
    const opened = session.addSource(`source ${source}`, { format: telephone });
    if (source % 2 === 0) live.promised('write', opened.write(talk(0.2)));
    live.promised('end', source % 3 === 0 ? opened.abort() : opened.end());
  }
  await end();
  expect(session.sources.every((source) => source.hasEnded)).toBe(true);
  live.expectNothingLeft();
});

test('a consumer that never reads holds nothing up, and is told what it missed', async () => {
  const { session, write, end, slots } = liveSource();
  const never = session.events();
  for (let turn = 0; turn < 700; turn += 1) {
    await write(talk(1, 1));
    slots.finishAll();
  }
  await end();
  expect((await never.next()).value).toMatchObject({ kind: 'missed', fromSequence: 1 });
});

test('a Node stream and a web stream end the source with themselves', async () => {
  for (const kind of ['writable', 'webWritable'] as const) {
    const { live, source, told } = liveSource();
    if (kind === 'writable') source.writable().end(talk(2));
    else {
      const writer = source.webWritable().getWriter();
      live.promised('write', writer.write(talk(2)));
      live.promised('close', writer.close());
    }
    for (let turn = 0; turn < 5; turn += 1) await setImmediate();
    live.slots.finishAll();
    for (let turn = 0; turn < 5; turn += 1) await setImmediate();
    expect(told()).toEqual(['final 0.0–2.0 w0', 'end of source']);
    expect(live.pending).toEqual([]);
  }
});
