import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEngine, type Engine, type Progress, type Segment, type Transcript } from '../../dist/index.js';
import { sampleRate } from '../../dist/provider/audio-format.js';
import { bundled, joined, pcm, samplesOf, silence, spoken } from './clips.js';

const [jfk, harvard, leopard] = await Promise.all(
  ['jfk.wav', 'harvard_8k.wav', 'leopard_en.wav'].map((fileName) => samplesOf(bundled(fileName))),
);
const pause = silence(3);
const parts = [jfk, pause, harvard, pause, leopard, pause, jfk, silence(12)].map((part) => part ?? silence(0));
const whole = joined(...parts);

/** Where the part with this number begins. */
const offsetSeconds = (part: number) => joined(...parts.slice(0, part)).length / sampleRate;

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ model: 'tiny.en', slots: 2, threadsPerSlot: 1 });
});
afterAll(() => engine.close());

describe('eighty seconds of audio', () => {
  const heard: Segment[] = [];
  const steps: Progress[] = [];
  let transcript: Transcript;
  beforeAll(async () => {
    transcript = await engine.transcribe(pcm(whole), {
      words: true,
      onSegment: (segment) => heard.push(segment),
      onProgress: (step) => steps.push(step),
    });
  });

  test('are decoded in pieces, and their silence is not', () => {
    expect(transcript.durationSeconds).toBe(whole.length / sampleRate);
    expect(transcript.durationSeconds).toBeGreaterThan(80);
    expect(transcript.timings.pieces).toBeGreaterThanOrEqual(5);
    expect(transcript.timings.encoderContext).toBeLessThan(1000);
  });

  test.each<[string, number]>([
    ['ask not what your country', 0],
    ['a gold ring will please most any girl', 2],
    ['she called his name many times', 2],
    ['quilter is the apostle of the middle classes', 4],
    ['ask not what your country', 6],
  ])('say “%s” in part %i', (phrase, part) => {
    const [from, to] = [offsetSeconds(part), offsetSeconds(part + 1)];
    const there = transcript.segments.filter(
      ({ startSeconds, endSeconds }) => startSeconds >= from - 0.4 && endSeconds <= to + 0.4,
    );
    expect(spoken(there.map((segment) => segment.text).join(' '))).toContain(phrase);
    const words =
      transcript.words?.filter(({ startSeconds, endSeconds }) => startSeconds >= from && endSeconds <= to) ?? [];
    expect(spoken(words.map((word) => word.text).join(' '))).toContain(phrase);
  });

  test('say everything once, in order', () => {
    const text = spoken(transcript.text);
    const phrases = ['fellow americans', 'gold ring', 'long journey', 'come quickly', 'apostle', 'gospel', 'americans'];
    let from = 0;
    for (const phrase of phrases) {
      const at = text.indexOf(phrase, from);
      expect(at, phrase).toBeGreaterThanOrEqual(from);
      from = at + phrase.length;
    }
    for (const phrase of phrases.slice(1, -1)) expect(text.split(phrase)).toHaveLength(2);
    expect(text.split('fellow americans')).toHaveLength(3);
  });

  test('have a timeline that never runs backwards', () => {
    const times = transcript.segments.flatMap(({ startSeconds, endSeconds }) => [startSeconds, endSeconds]);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    const wordStarts = (transcript.words ?? []).map((word) => word.startSeconds);
    expect(wordStarts).toEqual(wordStarts.toSorted((one, other) => one - other));
    expect(times.at(-1)).toBeLessThanOrEqual(offsetSeconds(7) + 0.4);
  });

  test('report each segment once, in order, as it is in the transcript', () => {
    expect(heard).toEqual(transcript.segments);
    expect(heard.length).toBeGreaterThan(5);
  });

  test('report progress that only grows, to the very end', () => {
    const done = steps.map((step) => step.doneSeconds);
    expect(done).toEqual(done.toSorted((one, other) => one - other));
    expect(steps.at(-1)).toEqual({
      doneSeconds: transcript.durationSeconds,
      totalSeconds: transcript.durationSeconds,
      fraction: 1,
    });
    for (const { doneSeconds, totalSeconds, fraction } of steps) {
      if (totalSeconds === undefined) expect(fraction).toBeUndefined();
      else expect(fraction).toBe(doneSeconds / totalSeconds);
    }
    expect(new Set(done).size).toBeGreaterThan(4);
  });
});

describe('progress', () => {
  test('never claims what is still to be decoded', async () => {
    await using base = await createEngine({ model: 'base', slots: 1, threadsPerSlot: 2 });
    const steps = [0];
    const early: Segment[] = [];
    // With a language to detect, the first piece is awaited before the second is begun.
    await base.transcribe(pcm(whole.subarray(0, 45 * sampleRate)), {
      onProgress: (step) => steps.push(step.doneSeconds),
      onSegment: (segment) => {
        if (segment.endSeconds < (steps.at(-1) ?? 0) - 0.1) early.push(segment);
      },
    });
    expect(early).toEqual([]);
    expect(steps).toEqual(steps.toSorted((one, other) => one - other));
  });
});
