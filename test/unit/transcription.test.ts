import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import type { AudioStream } from '../../dist/pool/listener.js';
import { PcmBuffers } from '../../dist/pool/pcm-buffers.js';
import type { Recognition } from '../../dist/provider/recognition.js';
import { Scheduler } from '../../dist/scheduler/scheduler.js';
import { type Progress, Transcription, type TranscriptionOptions } from '../../dist/session/transcription.js';
import type { Segment } from '../../dist/transcript/transcript.js';
import type { AudioBlock } from '../../dist/workers/protocol.js';
import { ManualClock } from '../manual-clock.js';
import { english, noticed, recognitionOf, ScriptedSlots } from './scripted-slots.js';

const sampleRate = 16_000;
const windowSamples = 512;

/** A block of audio: runs of windows of speech or silence. */
type Run = readonly [kind: 'speech' | 'silence', windows: number];
const speech = (seconds: number): Run => ['speech', Math.round((seconds * sampleRate) / windowSamples)];
const silence = (seconds: number): Run => ['silence', Math.round((seconds * sampleRate) / windowSamples)];

function countUp(from: number, length: number): Float32Array {
  const counted = new Float32Array(length);
  for (let at = 0; at < length; at += 1) counted[at] = from + at;
  return counted;
}

/** A stream of these blocks whose samples count on from 0, so that a sample says where it lies. */
class ScriptedStream implements AudioStream {
  reads = 0;
  readonly #blocks: readonly (readonly Run[] | EngineError)[];
  #nextSample = 0;

  constructor(blocks: readonly (readonly Run[] | EngineError)[]) {
    this.#blocks = blocks;
  }

  read(): Promise<AudioBlock> {
    const block = this.#blocks[this.reads];
    this.reads += 1;
    if (block instanceof EngineError) return Promise.reject(block);
    if (!block) return Promise.reject(new Error('It was read beyond its end.'));
    const probabilities = Float32Array.from(
      block.flatMap(([kind, windows]) => Array.from({ length: windows }, () => (kind === 'speech' ? 0.9 : 0.01))),
    );
    const pcm = countUp(this.#nextSample, probabilities.length * windowSamples);
    this.#nextSample += pcm.length;
    const isLast = this.reads === this.#blocks.length;
    return Promise.resolve({ pcm, probabilities, windowSamples, isLast, audioSeconds: 0.25, vadSeconds: 0.125 });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const undetected = { ...english, language: 'auto' };

/** A transcription over a real scheduler, with more slots than it will ever use. */
function transcriptionOf(
  blocks: readonly (readonly Run[] | EngineError)[],
  { chunk = english, piecesAhead = 20 }: Partial<TranscriptionOptions> = {},
) {
  const segments: Segment[] = [];
  const progress: Progress[] = [];
  /** For each segment, how much was called final before it came. */
  const finalBefore: number[] = [];
  const clock = new ManualClock();
  const slots = new ScriptedSlots(100, clock);
  const stream = new ScriptedStream(blocks);
  const transcription = new Transcription(stream, new Scheduler(slots, clock).openLane(), {
    chunk,
    buffers: new PcmBuffers(),
    piecesAhead,
    onSegment: (segment) => {
      segments.push(segment);
      finalBefore.push(progress.at(-1)?.doneSeconds ?? 0);
    },
    onProgress: (reported) => progress.push(reported),
  });
  const end: { state: 'running' | 'done' | 'failed'; error: unknown } = { state: 'running', error: undefined };
  transcription.run().then(
    () => {
      end.state = 'done';
    },
    (error: unknown) => {
      end.state = 'failed';
      end.error = error;
    },
  );
  return { transcription, slots, stream, clock, segments, progress, finalBefore, end };
}

/** Where the audio of a decode begins. */
const placeOf = ({ chunk }: { readonly chunk: { readonly pcm: Float32Array } }) => (chunk.pcm[0] ?? 0) / sampleRate;

/** Ends all decodes, the one that `choose` picks first, with their places as text. */
async function finishAll(slots: ScriptedSlots, choose: (running: number) => number, more: Partial<Recognition> = {}) {
  await noticed();
  while (slots.running.length > 0) {
    const decode = slots.running[choose(slots.running.length)];
    decode?.finish(recognitionOf(` at ${placeOf(decode)}`, more));
    await noticed();
  }
}

const oldest = () => 0;
const newest = (running: number) => running - 1;

/** Five utterances of a second each, every four seconds. */
const utterances = Array.from({ length: 5 }, () => [silence(1.5), speech(1), silence(1.5)]).flat();

describe('the segments', () => {
  test.each([
    ['in order', oldest],
    ['in reverse', newest],
    ['from the middle', (running: number) => Math.floor(running / 2)],
  ])('come in the order of the audio when decodes finish %s', async (_what, choose) => {
    const { transcription, slots, segments, end } = transcriptionOf([utterances]);
    await finishAll(slots, choose);
    expect(end.state).toBe('done');
    expect(segments.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    expect(segments.map(({ startSeconds }) => startSeconds)).toEqual(
      segments.map(({ startSeconds }) => startSeconds).toSorted((one, other) => one - other),
    );
    expect(segments.map(({ text }) => text)).toEqual(segments.map(({ startSeconds }) => `at ${startSeconds}`));
    expect(transcription.timeline.segments).toEqual(segments);
    expect(transcription.timeline.text).toBe(segments.map(({ text }) => text).join(' '));
  });

  test('come as soon as everything before them is there', async () => {
    const { slots, segments } = transcriptionOf([utterances]);
    await noticed();
    const [first, second, third] = slots.running;
    second?.finish();
    await noticed();
    expect(segments).toHaveLength(0);
    first?.finish();
    await noticed();
    expect(segments).toHaveLength(2);
    third?.finish();
    await noticed();
    expect(segments).toHaveLength(3);
  });
});

describe('a chunk', () => {
  test('is the audio of its piece, across blocks, with the end of speech in it', async () => {
    const { slots } = transcriptionOf([
      [silence(2.048), speech(1.024)],
      [speech(1.024), silence(3.008)],
    ]);
    await noticed();
    const [decode] = slots.running;
    expect(slots.running).toHaveLength(1);
    expect(decode?.chunk.pcm).toEqual(countUp(1.696 * sampleRate, 2.752 * sampleRate));
    expect(decode?.chunk.speechEndSeconds).toBeCloseTo(2.4, 9);
  });

  test('is decoded as the caller asked', async () => {
    const chunk = { ...english, prompt: 'Names.', words: true, beamSize: 5, translate: true, deadlineAtSeconds: 77 };
    const { slots, transcription } = transcriptionOf([utterances], { chunk });
    await noticed();
    for (const decode of slots.running) expect(decode.chunk).toMatchObject(chunk);
    expect(transcription.hasWords).toBe(true);
  });

  test.each<[what: string, encoderContext: 'sized' | 'full', retried: readonly number[], expected: readonly string[]]>([
    ['is sized as long as texts are plausible', 'sized', [], ['sized', 'sized', 'sized', 'sized', 'sized']],
    ['stays sized after one retry', 'sized', [1], ['sized', 'sized', 'sized', 'sized', 'sized']],
    ['is full after two', 'sized', [0, 2], ['sized', 'sized', 'sized', 'full', 'full']],
    ['is full when the caller wants it', 'full', [], ['full', 'full', 'full', 'full', 'full']],
  ])('%s', async (_what, encoderContext, retried, expected) => {
    const options = { chunk: { ...english, encoderContext }, piecesAhead: 1 };
    const { slots, transcription, end } = transcriptionOf([utterances], options);
    for (let piece = 0; piece < 5; piece += 1) {
      await noticed();
      const because = retried.includes(piece) ? { retriedBecause: 'loop' } : {};
      slots.running[0]?.finish(recognitionOf(' Hm.', because));
    }
    await noticed();
    expect(end.state).toBe('done');
    expect(slots.begun.map(({ chunk }) => chunk.encoderContext)).toEqual(expected);
    expect(transcription.retries).toBe(retried.length);
  });
});

describe('the language', () => {
  test('that is to be detected is that of the first piece, which the others wait for', async () => {
    const { slots, transcription, end } = transcriptionOf([utterances], { chunk: undetected });
    await noticed();
    expect(slots.begun.map(({ chunk }) => chunk.language)).toEqual(['auto']);
    slots.running[0]?.finish(recognitionOf(' Hallo.', { language: 'de', languageProbability: 0.75 }));
    await noticed();
    expect(slots.begun.map(({ chunk }) => chunk.language)).toEqual(['auto', 'de', 'de', 'de', 'de']);
    await finishAll(slots, oldest, { language: 'de' });
    expect(end.state).toBe('done');
    expect([transcription.language, transcription.languageProbability]).toEqual(['de', 0.75]);
  });

  test('that is known is waited for by nobody', async () => {
    const { slots, transcription } = transcriptionOf([utterances]);
    await noticed();
    expect(slots.begun.map(({ chunk }) => chunk.language)).toEqual(['en', 'en', 'en', 'en', 'en']);
    await finishAll(slots, oldest);
    expect([transcription.language, transcription.languageProbability]).toEqual(['en', undefined]);
  });

  test('stays open where nobody speaks', async () => {
    const { transcription, end } = transcriptionOf([[silence(20)]], { chunk: undetected });
    await noticed();
    expect([end.state, transcription.language]).toEqual(['done', 'auto']);
  });
});

describe('pieces under way', () => {
  test.each([1, 2, 3, 7])('are never more than %i, and reading waits for them', async (piecesAhead) => {
    const blocks = Array.from({ length: 6 }, () => utterances);
    const { slots, stream, end } = transcriptionOf(blocks, { piecesAhead });
    await noticed();
    expect(slots.running).toHaveLength(piecesAhead);
    expect(stream.reads).toBeLessThanOrEqual(1 + piecesAhead / 5);
    for (let left = 30; left > 0; left -= 1) {
      expect(slots.running).toHaveLength(Math.min(piecesAhead, left));
      slots.running[0]?.finish();
      await noticed();
    }
    expect(end.state).toBe('done');
    expect(slots.mostRunning).toBe(piecesAhead);
  });
});

describe('silence', () => {
  test.each<[what: string, blocks: readonly (readonly Run[])[], durationSeconds: number]>([
    ['gives no chunk', [[silence(20)]], 20],
    ['gives none over many blocks', [[silence(30)], [silence(30)], [silence(4)]], 64],
    ['with clicks gives none', [[silence(9), speech(0.06), silence(9)]], 18.06],
    ['of no length gives none', [[]], 0],
  ])('%s', async (_what, blocks, durationSeconds) => {
    const { transcription, slots, segments, progress, end } = transcriptionOf(blocks);
    await noticed();
    expect(end.state).toBe('done');
    expect([slots.begun, segments, transcription.timeline.text]).toEqual([[], [], '']);
    expect(transcription.durationSeconds).toBeCloseTo(durationSeconds, 1);
    expect(progress.at(-1)).toEqual({
      doneSeconds: transcription.durationSeconds,
      totalSeconds: transcription.durationSeconds,
      fraction: 1,
    });
  });
});

test('what happened is summed up', async () => {
  const { transcription, slots, clock } = transcriptionOf([utterances, utterances], { piecesAhead: 5 });
  await noticed();
  for (const [at, decode] of [...slots.running].entries()) {
    clock.advance(2);
    decode.finish(recognitionOf(' Hm.', { encoderContext: 384 + 64 * (at % 3), decodeSeconds: 0.5 }));
    await noticed();
  }
  await finishAll(slots, newest);
  expect(transcription).toMatchObject({
    pieces: 10,
    retries: 0,
    decodeSeconds: 5,
    queueSeconds: 0,
    audioSeconds: 0.5,
    vadSeconds: 0.25,
    encoderContext: 512,
    durationSeconds: (10 * (47 + 31 + 47) * windowSamples) / sampleRate,
  });
});

test('the wait for a slot is summed up', async () => {
  const clock = new ManualClock();
  const slots = new ScriptedSlots(1, clock);
  const lane = new Scheduler(slots, clock).openLane();
  const transcription = new Transcription(new ScriptedStream([utterances]), lane, {
    chunk: english,
    buffers: new PcmBuffers(),
    piecesAhead: 5,
  });
  const run = transcription.run();
  await noticed();
  for (let piece = 0; piece < 5; piece += 1) {
    clock.advance(1);
    slots.running[0]?.finish();
    await noticed();
  }
  await run;
  expect(transcription.queueSeconds).toBe(0 + 1 + 2 + 3 + 4);
});

describe('an error', () => {
  const failure = new EngineError('DECODE_FAILED', 'Odd audio.');
  const broken = new EngineError('AUDIO_BROKEN', 'Broken.');

  test('of a piece ends the run, and the later ones may fail with nobody to catch it', async () => {
    const { slots, segments, end } = transcriptionOf([utterances]);
    await noticed();
    const [first, second, ...others] = [...slots.running];
    second?.fail(failure);
    await noticed();
    expect(end.state).toBe('running');
    first?.finish();
    await noticed();
    expect(end).toEqual({ state: 'failed', error: failure });
    for (const decode of others) decode.fail(broken);
    await noticed(); // an unhandled rejection fails the run of the tests
    expect(segments).toHaveLength(1);
  });

  test('of a late piece comes after the text before it', async () => {
    const { slots, segments, end } = transcriptionOf([utterances]);
    await noticed();
    const decodes = [...slots.running];
    decodes.at(-1)?.fail(failure);
    await noticed();
    for (const decode of decodes.slice(0, -1)) decode.finish();
    await noticed();
    expect(end).toEqual({ state: 'failed', error: failure });
    expect(segments).toHaveLength(4);
  });

  test('of the first piece ends the run before the others begin, when it was to tell the language', async () => {
    const { slots, end } = transcriptionOf([utterances], { chunk: undetected });
    await noticed();
    slots.running[0]?.fail(failure);
    await noticed();
    expect(end).toEqual({ state: 'failed', error: failure });
    expect(slots.begun).toHaveLength(1);
  });

  test('of the stream ends the run, and pieces under way may fail with nobody to catch it', async () => {
    const { slots, end } = transcriptionOf([utterances, broken]);
    await noticed();
    expect(end).toEqual({ state: 'failed', error: broken });
    for (const decode of [...slots.running]) decode.fail(failure);
    await noticed();
  });
});

describe('progress', () => {
  test('counts what is final, knows the length when all is read, and ends at 1', async () => {
    const { slots, progress } = transcriptionOf([
      [silence(1.92), speech(1.024), silence(4.096)],
      [speech(1.024), silence(1.024)],
    ]);
    await finishAll(slots, oldest);
    const totalSeconds = 9.088;
    expect(progress).toEqual([
      { doneSeconds: 1.568, totalSeconds: undefined, fraction: undefined },
      { doneSeconds: 1.568, totalSeconds, fraction: 1.568 / totalSeconds },
      { doneSeconds: 6.688, totalSeconds, fraction: 6.688 / totalSeconds },
      { doneSeconds: totalSeconds, totalSeconds, fraction: 1 },
    ]);
  });

  test('waits for speech that goes on into the next block', async () => {
    const { slots, progress } = transcriptionOf([
      [silence(1.92), speech(2.048)],
      [speech(1.024), silence(3.008)],
    ]);
    await finishAll(slots, oldest);
    expect(progress[0]?.doneSeconds).toBe(1.568);
    expect(progress.at(-1)?.fraction).toBe(1);
  });

  test('does not run ahead of the pieces that wait for the language', async () => {
    const { slots, progress } = transcriptionOf([utterances], { chunk: undetected });
    await noticed();
    slots.running[0]?.finish();
    await noticed();
    expect(progress.at(-1)?.fraction).toBeLessThan(0.3);
  });

  test('never goes back nor promises what is not final, whatever is said and however decodes finish', async () => {
    const run = fc.tuple(fc.constantFrom('speech' as const, 'silence' as const), fc.integer({ min: 1, max: 200 }));
    const blocks = fc.array(fc.array(run, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 });
    const choices = fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 8 });
    const options = fc.record({
      chunk: fc.constantFrom(english, undetected),
      piecesAhead: fc.integer({ min: 1, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(blocks, options, choices, async (given, chosen, order) => {
        const { slots, segments, progress, finalBefore, end } = transcriptionOf(given, chosen);
        let turn = 0;
        await finishAll(slots, (running) => (order[turn++ % order.length] ?? 0) % running);
        expect(end).toEqual({ state: 'done', error: undefined });
        expect(slots.mostRunning).toBeLessThanOrEqual(chosen.piecesAhead);
        expect(segments.map(({ text }) => text)).toEqual(
          slots.begun
            .map((decode) => `at ${placeOf(decode)}`)
            .toSorted((one, other) => Number(one.slice(3)) - Number(other.slice(3))),
        );
        for (const [at, { startSeconds }] of segments.entries()) {
          expect(startSeconds).toBeGreaterThanOrEqual(finalBefore[at] ?? Number.NaN);
        }
        let previous = 0;
        for (const { doneSeconds, totalSeconds, fraction } of progress) {
          expect(doneSeconds).toBeGreaterThanOrEqual(previous);
          expect(fraction).toBe(totalSeconds === undefined ? undefined : doneSeconds / totalSeconds);
          previous = doneSeconds;
        }
        expect(progress.at(-1)?.fraction).toBe(1);
      }),
      { numRuns: 150 },
    );
  });
});
