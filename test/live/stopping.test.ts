import { getEventListeners } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AudioInput, createEngine, type Engine, type TranscribeOptions } from '../../dist/index.js';
import { bundled, jfkSays, joined, pcm, samplesOf, spoken } from './clips.js';

const jfk = bundled('jfk.wav');
const harvard = await samplesOf(bundled('harvard_8k.wav'));
const long = pcm(joined(harvard, harvard, harvard));

let engine: Engine;
let text: string;
beforeAll(async () => {
  engine = await createEngine({ model: 'tiny.en', slots: 2, threadsPerSlot: 1 });
  ({ text } = await engine.transcribe(jfk));
});
afterAll(() => engine.close());

/** A stream that begins like a recording and then says nothing more. */
function unfinished(): PassThrough {
  const stream = new PassThrough();
  stream.write('RIFF');
  return stream;
}

/** Aborts when there is something to see: what runs then is stopped in the middle. */
function abortOn(event: 'onProgress' | 'onSegment') {
  const abort = new AbortController();
  return { signal: abort.signal, [event]: () => abort.abort('enough') };
}

describe('a transcription that is stopped', () => {
  test.each<[string, string, () => AudioInput, () => TranscribeOptions]>([
    ['by a signal before it begins', 'ABORTED', () => jfk, () => ({ signal: AbortSignal.abort() })],
    ['by a signal in the first decode', 'ABORTED', () => jfk, () => abortOn('onProgress')],
    ['by a signal after the first segment', 'ABORTED', () => long, () => abortOn('onSegment')],
    ['by a signal in the middle of a Node stream', 'ABORTED', unfinished, () => ({ signal: AbortSignal.timeout(20) })],
    ['by a deadline in the middle of a decode', 'DEADLINE_EXCEEDED', () => long, () => ({ deadlineSeconds: 0.1 })],
    ['by a deadline before the first', 'DEADLINE_EXCEEDED', () => jfk, () => ({ deadlineSeconds: 1e-6 })],
    [
      'by a deadline in the middle of a web stream',
      'DEADLINE_EXCEEDED',
      () => Readable.toWeb(unfinished()),
      () => ({ deadlineSeconds: 0.02 }),
    ],
  ])('%s is %s, and the next one is right', async (_how, code, input, options) => {
    await expect(engine.transcribe(input(), options())).rejects.toMatchObject({ name: 'EngineError', code });
    expect((await engine.transcribe(jfk)).text).toBe(text);
  });

  test('gives the reason of the signal as the cause', async () => {
    const reason = new Error('the caller hung up');
    await expect(engine.transcribe(jfk, { signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
      cause: reason,
    });
    await expect(engine.transcribe(jfk, abortOn('onProgress'))).rejects.toMatchObject({ cause: 'enough' });
  });

  test('leaves others alone', async () => {
    const [stopped, other] = await Promise.allSettled([
      engine.transcribe(long, abortOn('onSegment')),
      engine.transcribe(jfk),
    ]);
    expect(stopped).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } });
    expect(other).toMatchObject({ status: 'fulfilled', value: { text } });
  });

  test('stays away from a signal that is used for many', async () => {
    const { signal } = new AbortController();
    await Promise.all([1, 2, 3].map(() => engine.transcribe(bundled('leopard_en.wav'), { signal })));
    await expect(engine.transcribe('nowhere.wav', { signal })).rejects.toThrow();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('by its own callback rejects with what that threw', async () => {
    const mine = new Error('of the caller');
    const throwing = () => {
      throw mine;
    };
    await expect(engine.transcribe(jfk, { onSegment: throwing })).rejects.toBe(mine);
    await expect(engine.transcribe(jfk, { onProgress: throwing })).rejects.toBe(mine);
    expect((await engine.transcribe(jfk)).text).toBe(text);
  });

  test('is not stopped by a deadline that is far away', async () => {
    expect((await engine.transcribe(jfk, { deadlineSeconds: 1e9 })).text).toBe(text);
    expect((await engine.transcribe(jfk, { deadlineSeconds: Number.POSITIVE_INFINITY })).text).toBe(text);
  });
});

describe('close()', () => {
  const another = () => createEngine({ model: 'tiny.en', slots: 1 });

  test('finishes what runs, then refuses more', async () => {
    const closing = await another();
    const order: string[] = [];
    const running = [closing.transcribe(jfk), closing.transcribe(bundled('harvard_8k.wav'))];
    for (const transcript of running) void transcript.then(() => order.push('transcript'));
    const closed = closing.close().then(() => order.push('closed'));
    await expect(closing.transcribe(jfk)).rejects.toMatchObject({ name: 'EngineError', code: 'ENGINE_CLOSED' });
    const [first, second] = await Promise.all(running);
    await closed;
    expect(first?.text).toBe(text);
    expect(second?.text).toContain('quickly');
    expect(order).toEqual(['transcript', 'transcript', 'closed']);
    await expect(closing.transcribe(jfk)).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
  });

  test('with force stops what runs and what waits', async () => {
    const closing = await another();
    const inputs: readonly AudioInput[] = [long, jfk, unfinished(), long];
    const outcomes = Promise.allSettled(inputs.map((input) => closing.transcribe(input)));
    await closing.close({ force: true });
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'EngineError', code: 'ENGINE_CLOSED' } });
    }
  });

  test('with force hurries a close that waits, and may be called again and again', async () => {
    const closing = await another();
    const stopped = closing.transcribe(unfinished());
    const outcome = expect(stopped).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    const patient = closing.close();
    await closing.close({ force: true });
    await Promise.all([patient, outcome, closing.close(), closing.close({ force: true })]);
  });

  test('is called at the end of an `await using` block', async () => {
    let outside: Engine;
    {
      await using inside = await another();
      outside = inside;
      expect(spoken((await inside.transcribe(jfk)).text)).toContain(jfkSays);
    }
    await expect(outside.transcribe(jfk)).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    await outside[Symbol.asyncDispose]();
  });
});
