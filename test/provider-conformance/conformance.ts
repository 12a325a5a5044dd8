import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canLookAtProcesses, childProcesses, openDescriptors, residentBytes } from '../../bench/processes.mjs';
import { errorPercent, wordErrors } from '../../bench/wer.mjs';
import { systemClock } from '../../dist/clock.js';
import { EngineError } from '../../dist/errors.js';
import type { Provider, Recognizer } from '../../dist/provider/provider.js';
import type { Chunk, Recognition } from '../../dist/provider/recognition.js';
import { bundled, jfkSays, referenceOf, sharedSamplesOf, spoken } from '../live/clips.js';

export interface ConformanceOptions {
  /** Of jfk.wav. @defaultValue 10 */
  readonly mostErrorPercent?: number;
  /** What 160 decodes may add to the memory of this process and its children. @defaultValue 1.1 */
  readonly mostGrowth?: number;
  /** Whether it decodes as many at once as its plan has slots. @defaultValue true */
  readonly isParallel?: boolean;
}

const plan = { slots: 2, threadsPerSlot: 1 };
const rate = 16_000;
const often = { interval: 5, timeout: 60_000 };

/** What every provider promises, on real English audio. `makeProvider` is called for each opening. */
export function describeConformance(
  name: string,
  makeProvider: () => Provider,
  { mostErrorPercent = 10, mostGrowth = 1.1, isParallel = true }: ConformanceOptions = {},
): void {
  describe(name, () => {
    let jfk: Chunk;
    let quilter: Chunk;
    /** Takes much longer than any of the others. */
    let slow: Chunk;
    let recognizer: Recognizer;

    const decoded = async (chunk: Chunk, by = recognizer) => (await by.decode(chunk).outcome).recognition;
    const expectWell = async () => expect(textOf(await decoded(quilter))).toMatch(/quilter/u);

    beforeAll(async () => {
      jfk = chunkOf(await sharedSamplesOf(bundled('jfk.wav')));
      quilter = chunkOf((await sharedSamplesOf(bundled('leopard_en.wav'))).slice(0, 3 * rate));
      slow = { ...jfk, beamSize: 5, encoderContext: 'full' };
      recognizer = await makeProvider().open(plan);
      await recognizer.warm();
    });

    afterAll(() => recognizer.close());

    test('says what it is and that it can work here', async () => {
      const provider = makeProvider();
      expect(provider.name).not.toBe('');
      expect(await provider.probe()).toEqual({
        kind: 'available',
        version: expect.stringMatching(/\d/u),
        backend: expect.stringMatching(/\w/u),
      });
      expect(recognizer.capabilities.languages).toContain('en');
      expect(recognizer.capabilities.formats).toContain('f32le-16000-mono');
      expect(recognizer.model.name).not.toBe('');
    });

    test('writes what was said, in times of the chunk', async () => {
      const recognition = await decoded(jfk);
      const errors = wordErrors(referenceOf('jfk'), textOf(recognition), 'en');
      expect(errorPercent([errors])).toBeLessThanOrEqual(mostErrorPercent);
      expect(recognition.language).toBe('en');
      expect(recognition.decodeSeconds).toBeGreaterThan(0);
      expectInOrder(recognition.segments, jfk.pcm.length / rate);
    });

    test('gives the words of a text their times, if it can', async () => {
      const recognition = await decoded({ ...jfk, words: true });
      const words = recognition.segments.flatMap((segment) => segment.words ?? []);
      if (!recognizer.capabilities.wordTimes) {
        expect(words).toEqual([]);
        return;
      }
      expect(spoken(words.map(({ text }) => text).join(' '))).toBe(textOf(recognition));
      expectInOrder(words, jfk.pcm.length / rate);
    });

    test('ends a decode that is stopped, and decodes on', async () => {
      const decode = recognizer.decode(slow);
      decode.stop();
      await expect(decode.outcome).rejects.toMatchObject({ name: 'EngineError', code: 'ABORTED' });
      const later = recognizer.decode(slow);
      if (isParallel) await decoded(quilter);
      later.stop();
      await expect(later.outcome).rejects.toMatchObject({ code: 'ABORTED' });
      later.stop();
      await expectWell();
    });

    test.each([
      ['has passed already', -1],
      ['passes while it decodes', 0.05],
    ])('ends a decode whose deadline %s', async (_when, leftSeconds) => {
      const late: Chunk = { ...slow, deadlineAtSeconds: systemClock.nowSeconds() + leftSeconds };
      await expect(recognizer.decode(late).outcome).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
      await expectWell();
    });

    test.each<[what: string, pcm: () => Float32Array]>([
      ['nothing', () => sharedCopy(new Float32Array(0))],
      ['a sample that is no number', () => sharedCopy(jfk.pcm.map((sample, at) => (at === 7 ? Number.NaN : sample)))],
      [
        'an infinite sample',
        () => sharedCopy(jfk.pcm.map((sample, at) => (at === 7 ? Number.NEGATIVE_INFINITY : sample))),
      ],
      ['ten minutes', () => sharedCopy(new Float32Array(600 * rate))],
    ])('refuses %s, and decodes on', async (_what, pcm) => {
      await expect(recognizer.decode(chunkOf(pcm())).outcome).rejects.toMatchObject({
        name: 'EngineError',
        code: 'AUDIO_INVALID',
      });
      await expectWell();
    });

    test.each<[what: string, pcm: () => Float32Array]>([
      ['one sample', () => sharedCopy(new Float32Array(1))],
      ['30 s of silence', () => sharedCopy(new Float32Array(30 * rate))],
      ['samples far beyond full scale', () => sharedCopy(jfk.pcm.map((sample) => 1e30 * sample))],
      ['noise', () => sharedCopy(Float32Array.from({ length: 3 * rate }, (_, at) => Math.sin(at * at)))],
    ])('survives %s', async (_what, pcm) => {
      const [end] = await Promise.allSettled([decoded(chunkOf(pcm()))]);
      if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(EngineError);
      await expectWell();
    });

    test('keeps several apart that run at once, and those that wait', async () => {
      const chunks = [jfk, quilter, jfk, quilter, quilter];
      const texts = (await Promise.all(chunks.map((chunk) => decoded(chunk)))).map(textOf);
      const [first, second] = texts;
      expect(first).toContain(jfkSays);
      expect(second).toMatch(/quilter/u);
      expect(texts).toEqual([first, second, first, second, second]);
    });

    test.skipIf(!canLookAtProcesses)('does not grow over 200 decodes', async () => {
      const brief: Chunk = {
        ...chunkOf(sharedCopy(quilter.pcm.subarray(0, rate))),
        encoderContext: 'trimmed',
        onDoubt: 'keep',
      };
      const many = async (count: number) => {
        for (let done = 0; done < count; done += plan.slots) await Promise.all([decoded(brief), decoded(brief)]);
        return residentBytes();
      };
      const early = await many(40);
      const [descriptors, children] = [openDescriptors(), childProcesses().length];
      expect(await many(160)).toBeLessThan(mostGrowth * early);
      expect(openDescriptors()).toBe(descriptors);
      expect(childProcesses()).toHaveLength(children);
    });

    describe('when it is closed', () => {
      test.skipIf(!canLookAtProcesses)('has left no process and no descriptor', async () => {
        const before = { descriptors: openDescriptors(), children: childProcesses().length };
        const other = await makeProvider().open(plan);
        await decoded(quilter, other);
        await other.close();
        await expect.poll(openDescriptors, often).toBe(before.descriptors);
        expect(childProcesses()).toHaveLength(before.children);
      });

      test('finishes what it had begun, refuses what comes, and may be closed again', async () => {
        const other = await makeProvider().open(plan);
        const [one, two] = [decoded(jfk, other), decoded(quilter, other)];
        const closed = Promise.all([other.close(), other.close()]);
        await expect(other.decode(jfk).outcome).rejects.toBeInstanceOf(EngineError);
        expect(textOf(await one)).toContain(jfkSays);
        expect(textOf(await two)).toMatch(/quilter/u);
        await closed;
        await other.close();
      });
    });

    test('is not opened for who has left', async () => {
      const open = makeProvider().open(plan, AbortSignal.abort());
      await expect(open).rejects.toMatchObject({ name: 'EngineError', code: 'ABORTED' });
    });
  });
}

function chunkOf(pcm: Float32Array): Chunk {
  return {
    pcm,
    speechEndSeconds: pcm.length / rate,
    language: 'en',
    translate: false,
    prompt: '',
    words: false,
    beamSize: 1,
    encoderContext: 'sized',
    deadlineAtSeconds: Number.POSITIVE_INFINITY,
  };
}

function sharedCopy(samples: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(samples.byteLength));
  copy.set(samples);
  return copy;
}

function textOf({ segments }: Recognition): string {
  return spoken(segments.map(({ text }) => text).join(' '));
}

function expectInOrder(
  parts: readonly { readonly startSeconds: number; readonly endSeconds: number }[],
  lengthSeconds: number,
): void {
  expect(parts).not.toEqual([]);
  parts.reduce((before, { startSeconds, endSeconds }) => {
    expect(startSeconds).toBeGreaterThanOrEqual(before);
    expect(endSeconds).toBeGreaterThanOrEqual(startSeconds);
    // Whisper's times are whole 20 ms.
    expect(endSeconds).toBeLessThanOrEqual(lengthSeconds + 0.02);
    return startSeconds;
  }, 0);
}
