import { describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import { Track } from '../../dist/session/track.js';
import { LiveWorld, ordinaryPlan, settled } from '../live-world.js';
import { liveSource, talk, talkIn, telephone } from './live-source.js';
import { recognitionOf } from './scripted-slots.js';

describe('what is said comes out', () => {
  test('in the order in which it was spoken, however the decodes end', async () => {
    const { write, slots, told, end } = liveSource({ slots: 3 });
    await write(talk(2, 1, 2, 1, 2, 1));
    expect(slots.running).toHaveLength(3);
    for (const decode of [...slots.running].reverse()) {
      expect(told()).toEqual([]);
      slots.finish(decode);
      await settled();
    }
    expect(told()).toEqual(['final 0.0–2.3 w0', 'final 2.7–5.3 w1', 'final 5.6–8.3 w2']);
    await end();
  });

  test('with its own audio, to the sample', async () => {
    const { write, slots, source, end } = liveSource();
    await write(talk(2, 1));
    await end();
    const [decode] = slots.scripted.begun;
    expect(decode?.chunk.pcm.length).toBe(source.ledger.transcribedSeconds * 16_000);
    expect(decode?.chunk.pcm.indexOf(1)).toBe(32_000);
    expect(decode?.chunk.speechEndSeconds).toBeCloseTo(2, 1);
  });

  test('for each channel by itself, where they are split', async () => {
    const format = { encoding: 's16le', sampleRate: 16_000, channels: 2, channelMode: 'split' } as const;
    const { source, write, events, end } = liveSource({ slots: 2, options: { format } });
    await write(talkIn(format, 2, 1));
    await end();
    const finals = events.filter((event) => event.kind === 'final');
    expect(finals.map(({ channel, startSeconds }) => [channel, startSeconds])).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(source.ledger.heardSeconds).toBe(6);
    expect(source.summaries.map(({ channel }) => channel)).toEqual([0, 1]);
  });

  test('in parts of the length of the plan of that moment', async () => {
    const { session, write, told, end } = liveSource({ plan: { chunkSeconds: 2 } });
    await write(talk(5));
    session.follow({ ...session.plan, chunkSeconds: 8 }, 'There is time.');
    await write(talk(6));
    await end();
    const starts = told().flatMap((line) => /^final ([\d.]+)/.exec(line)?.[1] ?? []);
    expect(starts.length).toBeGreaterThan(2);
    expect(starts.length).toBeLessThan(5);
  });
});

describe('partials', () => {
  const plan = { partialEverySeconds: 1 };

  test('come while somebody speaks, and none after the final', async () => {
    const { write, slots, told, end } = liveSource({ plan });
    for (let turn = 0; turn < 30; turn += 1) {
      await write(talk(0.1));
      slots.finishAll();
      await settled();
    }
    await write(talk(0, 1));
    await end();
    const kinds = told().map((line) => line.split(' ')[0]);
    expect(kinds.filter((kind) => kind === 'partial').length).toBeGreaterThanOrEqual(2);
    expect(kinds.lastIndexOf('partial')).toBeLessThan(kinds.indexOf('final'));
  });

  test('are not made where the plan has none, and from when it has none', async () => {
    const { session, write, slots, told, end } = liveSource({ plan });
    session.follow({ ...session.plan, partialEverySeconds: undefined }, 'There is no time.');
    await write(talk(4));
    expect(slots.scripted.begun).toEqual([]);
    await end();
    expect(told().some((line) => line.startsWith('partial'))).toBe(false);
  });

  test('of a pause that lasts are the final, without another decode', async () => {
    const { write, slots, told, end } = liveSource({ plan });
    await write(talk(0.7));
    await write(talk(0, 0.3));
    expect(slots.running).toHaveLength(1);
    slots.finishAll();
    await settled();
    await write(talk(0, 0.7));
    expect(told()).toEqual(['partial w0', expect.stringMatching(/^final 0\.0–1\.\d w0/)]);
    expect(slots.scripted.begun).toHaveLength(1);
    await end();
  });

  test('of a pause that are shed by another source do not take the final with them', async () => {
    const { live, session, write, slots, told, end, source } = liveSource({ plan });
    await write(talk(0.7));
    await write(talk(0, 1));
    expect(slots.running).toHaveLength(1);
    const urgent = session.addSource('urgent', { format: telephone, priority: 'critical' });
    live.promised('write', urgent.write(talk(2, 1)));
    await settled();
    expect(slots.running[0]?.isStopped).toBe(true);
    for (const decode of [...slots.running]) slots.fail(decode);
    await end();
    expect(told().filter((line) => line.startsWith('final'))).toHaveLength(2);
    expect(source.ledger.gapSeconds).toBe(0);
  });
});

describe('a decode', () => {
  test('that loses its slot is made again from the same audio', async () => {
    const { write, slots, told, end } = liveSource();
    await write(talk(2, 1));
    slots.running[0]?.die();
    await settled();
    await end();
    expect(told()[0]).toBe('final 0.0–2.3 w1');
    const [first, second] = slots.scripted.begun;
    expect(second?.chunk.pcm).toEqual(first?.chunk.pcm);
  });

  test('that loses two slots is a gap and an error, and what follows is told', async () => {
    const { write, slots, told, end, source } = liveSource();
    await write(talk(2, 1, 2, 1));
    for (let death = 0; death < 2; death += 1) {
      slots.running[0]?.die();
      await settled();
    }
    await end();
    expect(told().slice(0, 3)).toEqual(['gap worker-died 0.0–2.3', 'error CHUNK_SET_ASIDE', 'final 2.7–5.3 w2']);
    expect(source.ledger.imbalanceSamples).toBe(0);
  });

  test('that fails is a gap and an error', async () => {
    const { write, slots, told, end } = liveSource();
    await write(talk(2, 1));
    slots.running[0]?.fail(new EngineError('DECODE_FAILED', 'Odd audio.'));
    await end();
    expect(told().slice(0, 2)).toEqual(['gap failed 0.0–2.3', 'error DECODE_FAILED']);
  });

  test('whose text is not believed is a gap with that text, and no error', async () => {
    const { write, slots, told, events, end } = liveSource();
    await write(talk(2, 1));
    slots.running[0]?.finish(recognitionOf(' [MUSIC]'));
    await end();
    expect(told()[0]).toBe('gap suppressed 0.0–2.3');
    expect(events.find(({ kind }) => kind === 'gap')).toMatchObject({ text: '[MUSIC]' });
  });

  test('has the prompt of what was told before', async () => {
    const { write, slots, end } = liveSource();
    await write(talk(2, 1));
    slots.finishAll();
    await settled();
    await write(talk(2, 1));
    expect(slots.running[0]?.chunk.prompt).toBe('w0');
    await end();
  });
});

describe('books', () => {
  test('balance at every step, and say what is queued, silent and told', async () => {
    const { write, source, slots, end } = liveSource();
    const steps = [talk(0.5), talk(1.5), talk(0, 1), talk(0, 3), talk(2)];
    for (const bytes of steps) {
      await write(bytes);
      expect(source.ledger.imbalanceSamples).toBe(0);
    }
    const before = source.ledger;
    expect(before.transcribedSeconds).toBe(0);
    expect(before.silentSeconds).toBeGreaterThan(2.5);
    slots.finishAll();
    await settled();
    expect(source.ledger.transcribedSeconds).toBeCloseTo(before.queuedSeconds - source.ledger.queuedSeconds, 9);
    await end();
    const { heardSeconds, transcribedSeconds, silentSeconds, gapSeconds, queuedSeconds } = source.ledger;
    expect([heardSeconds, gapSeconds, queuedSeconds]).toEqual([8, 0, 0]);
    expect(transcribedSeconds + silentSeconds).toBeCloseTo(8, 9);
  });

  test('of a source on which nobody speaks are silence, without a decode', async () => {
    const { write, source, slots, end, live } = liveSource();
    await write(talk(0, 30));
    expect(source.queuedSeconds).toBeLessThan(1);
    await end();
    expect(slots.scripted.begun).toEqual([]);
    expect(source.ledger).toMatchObject({ heardSeconds: 30, silentSeconds: 30 });
    live.expectNothingLeft();
  });
});

test('memory for audio is given back as soon as a decode has ended', async () => {
  const { write, live, slots, end } = liveSource({ slots: 2 });
  await write(talk(2, 1, 2, 1, 2, 1));
  expect(live.buffers.out.size).toBe(2);
  slots.finishAll();
  await settled();
  expect(live.buffers.out.size).toBe(1);
  await end();
  live.expectNothingLeft();
});

test('an utterance that ends in the turn in which the one before is told is told, too', async () => {
  const live = new LiveWorld();
  const texts: string[] = [];
  const blocks = [0, 1].map(() => {
    const probabilities = new Float32Array(100).fill(1, 0, 60);
    return { pcm: new Float32Array(100 * 512), probabilities };
  });
  const hearNext = () => {
    const block = blocks.shift();
    if (block) track.hear(block);
  };
  const track: Track = new Track({
    source: 'mic',
    channel: undefined,
    clock: live.clock,
    language: 'en',
    decoding: { translate: false, prompt: '', words: false },
    carriedCharacters: 0,
    emit: (event) => event.kind === 'final' && texts.push(event.text),
    lane: live.scheduler.openLane({ priority: 'normal' }),
    lateLane: live.scheduler.openLane(),
    spool: live.spool,
    buffers: live.buffers,
    vad: { hangoverSeconds: 0.6, preRollSeconds: 0.35, stallSeconds: 5 },
    plan: () => ({ ...ordinaryPlan, partialEverySeconds: undefined }),
    service: () => 'decoded',
    onSettled: () => queueMicrotask(hearNext),
  });
  track.arrive(2 * 100 * 512, live.clock.nowSeconds());
  hearNext();
  for (let decode = 0; decode < 2; decode += 1) {
    live.slots.finishAll();
    await settled();
  }
  expect(texts).toEqual(['w0', 'w1']);
});
