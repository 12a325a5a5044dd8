import { describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import type { LiveFormat } from '../../dist/provider/stream-format.js';
import { Hearing } from '../../dist/session/hearing.js';
import { settled } from '../live-world.js';
import { heardAtOnce, ScriptedEars, scriptedBytes } from '../scripted-ears.js';

const telephone: LiveFormat = { encoding: 'mulaw', sampleRate: 8000 };
const studio: LiveFormat = { encoding: 's16le', sampleRate: 48_000 };
const stereo: LiveFormat = { encoding: 's16le', sampleRate: 16_000, channels: 2, channelMode: 'split' };

function hearingOf(format: LiveFormat = telephone, ears = new ScriptedEars()) {
  const heard: number[][] = [];
  const ends: { readonly code: string | undefined; readonly unheardSeconds: number }[] = [];
  const hearing = new Hearing({
    ears,
    format,
    onHeard: (blocks) => {
      for (const [track, { pcm }] of blocks.entries()) heard[track] = [...(heard[track] ?? []), ...pcm];
    },
    onEnd: (failure, unheardSeconds) => ends.push({ code: failure?.code, unheardSeconds }),
  });
  return { ears, hearing, heard, ends };
}

/** Audio in which every 10 ms have a number of their own, in 127. */
function numbered(format: LiveFormat, seconds: number, first = 0): Uint8Array {
  const frames = format.sampleRate / 100;
  return Buffer.concat(
    Array.from({ length: Math.round(seconds * 100) }, (_, at) =>
      format.channelMode === 'split'
        ? scriptedBytes(format, frames, (first + at) % 127, (first + at + 50) % 127)
        : scriptedBytes(format, frames, (first + at) % 127),
    ),
  );
}

/** Hands bytes over in parts of odd lengths, and lets the ears answer in between. */
async function acceptInParts(hearing: Hearing, bytes: Uint8Array, ears: ScriptedEars, onPart?: (part: number) => void) {
  for (let [from, part] = [0, 0]; from < bytes.length; part += 1) {
    const length = 1 + ((part * 7919) % 3001);
    hearing.accept(new Uint8Array(bytes.subarray(from, from + length)));
    from += length;
    onPart?.(part);
    ears.answer();
    await settled();
  }
}

async function drained(ears: ScriptedEars): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) {
    ears.answer();
    await settled();
  }
}

test.each<[what: string, format: LiveFormat, delayFrames: number]>([
  ['of a telephone', telephone, 0],
  ['of a telephone, with a resampler that holds some back', telephone, 20],
  ['of a studio', studio, 20],
  ['of two channels', stereo, 0],
  ['whose rate does not divide', { encoding: 'f32le', sampleRate: 44_100 }, 20],
])('audio %s is heard once, to the sample, however it is cut', async (_what, format, delayFrames) => {
  const { ears, hearing, heard, ends } = hearingOf(format);
  ears.answersAtOnce = false;
  ears.delayFrames = delayFrames;
  const bytes = numbered(format, 3.01);
  await acceptInParts(hearing, bytes, ears);
  hearing.end();
  await drained(ears);
  for (const [track, samples] of heard.entries()) expect(samples).toEqual([...heardAtOnce(format, bytes, track)]);
  expect(ends).toEqual([{ code: undefined, unheardSeconds: 0 }]);
  expect(ears.open).toEqual([]);
});

describe('when the listener dies', () => {
  test.each([0, 1, 2, 5, 9, 13])('after part %i no sample is lost and none is heard twice', async (deadAfter) => {
    for (const format of [telephone, studio, stereo]) {
      const { ears, hearing, heard } = hearingOf(format);
      ears.answersAtOnce = false;
      ears.delayFrames = 20;
      const bytes = numbered(format, 1.5);
      await acceptInParts(hearing, bytes, ears, (part) => part === deadAfter && ears.die());
      hearing.end();
      await drained(ears);
      for (const [track, samples] of heard.entries()) expect(samples).toEqual([...heardAtOnce(format, bytes, track)]);
    }
  });

  test('in its last call, that is made again', async () => {
    const { ears, hearing, heard, ends } = hearingOf();
    ears.answersAtOnce = false;
    const bytes = numbered(telephone, 0.3);
    hearing.accept(bytes);
    await drained(ears);
    hearing.end();
    await settled();
    ears.die();
    await drained(ears);
    expect(heard[0]).toEqual([...heardAtOnce(telephone, bytes, 0)]);
    expect(ends).toEqual([{ code: undefined, unheardSeconds: 0 }]);
  });

  test('three times in a row, the source ends with that error, and what is unheard is said', async () => {
    const { ears, hearing, ends } = hearingOf();
    ears.answersAtOnce = false;
    hearing.accept(numbered(telephone, 1));
    for (let death = 0; death < 3; death += 1) {
      expect(ends).toEqual([]);
      await settled();
      ears.die();
      await settled();
    }
    expect(ends).toEqual([{ code: 'WORKER_DIED', unheardSeconds: 1 }]);
  });

  test('three times, but hears in between, the source goes on', async () => {
    const { ears, hearing, ends } = hearingOf();
    ears.answersAtOnce = false;
    for (let death = 0; death < 4; death += 1) {
      hearing.accept(numbered(telephone, 0.5));
      await settled();
      ears.die();
      await drained(ears);
    }
    expect(ends).toEqual([]);
    expect(hearing.unheardSeconds).toBeLessThan(0.1);
  });
});

describe('a change of format', () => {
  test.each<[what: string, before: LiveFormat, after: LiveFormat]>([
    ['to a higher rate', telephone, studio],
    ['to a lower rate', studio, telephone],
    ['to the same', telephone, telephone],
    ['of encoding', studio, { encoding: 'f32le', sampleRate: 48_000 }],
  ])('%s loses no sample of either', async (_what, before, after) => {
    const { ears, hearing, heard } = hearingOf(before);
    ears.answersAtOnce = false;
    ears.delayFrames = 12;
    const [first, second] = [numbered(before, 0.73), numbered(after, 0.51, 73)];
    await acceptInParts(hearing, first, ears);
    hearing.changeFormat(after);
    expect(hearing.format).toBe(after);
    await acceptInParts(hearing, second, ears);
    hearing.end();
    await drained(ears);
    expect(heard[0]).toEqual([...heardAtOnce(before, first, 0), ...heardAtOnce(after, second, 0)]);
  });

  test('drops the part of a sample that came before it', async () => {
    const { ears, hearing, heard } = hearingOf(studio);
    const [first, second] = [numbered(studio, 0.2), numbered(studio, 0.2, 20)];
    hearing.accept(new Uint8Array([...first, 99]));
    await drained(ears);
    hearing.changeFormat(studio);
    hearing.accept(second);
    hearing.end();
    await drained(ears);
    expect(heard[0]).toEqual([...heardAtOnce(studio, first, 0), ...heardAtOnce(studio, second, 0)]);
  });

  test('that the listener has yet to come to is counted by both formats', () => {
    const { ears, hearing } = hearingOf(telephone);
    ears.answersAtOnce = false;
    hearing.accept(numbered(telephone, 1));
    hearing.changeFormat(studio);
    hearing.accept(numbered(studio, 2));
    expect(hearing.unheardSeconds).toBeCloseTo(3, 9);
  });
});

describe('a source that is stopped', () => {
  test('says once what stays unheard, and hears nothing more', async () => {
    const { ears, hearing, heard, ends } = hearingOf();
    ears.answersAtOnce = false;
    hearing.accept(numbered(telephone, 2.5));
    await settled();
    ears.answer();
    await settled();
    hearing.stop();
    hearing.stop();
    await drained(ears);
    expect(heard).toEqual([]);
    expect(ends).toEqual([{ code: undefined, unheardSeconds: 2.5 }]);
    expect(ears.open).toEqual([]);
  });

  test('while the listener only opens is not listened to for ever', async () => {
    const { ears, hearing, heard } = hearingOf();
    ears.answersAtOnce = false;
    hearing.accept(numbered(telephone, 1));
    await settled();
    hearing.stop();
    await drained(ears);
    expect(ears.opened).toHaveLength(1);
    expect(ears.open).toEqual([]);
    expect(heard).toEqual([]);
  });
});

test.each<[what: string, code: 'MODEL_MISSING' | 'AUDIO_INVALID', callsBefore: number]>([
  ['cannot be opened', 'MODEL_MISSING', 0],
  ['cannot be heard', 'AUDIO_INVALID', 1],
])('a source that %s ends with %s, and is not listened to any more', async (_what, code, callsBefore) => {
  const { ears, hearing, ends } = hearingOf();
  ears.answersAtOnce = false;
  if (callsBefore === 0) ears.nextFailure = new EngineError(code, 'It failed.');
  hearing.accept(numbered(telephone, 1));
  if (callsBefore === 1) ears.nextFailure = new EngineError(code, 'It failed.');
  await drained(ears);
  expect(ends).toEqual([{ code, unheardSeconds: 1 }]);
  expect(ears.open).toEqual([]);
});

test('an end without any audio is an end', async () => {
  const { ears, hearing, ends } = hearingOf();
  hearing.end();
  await settled();
  expect(ends).toEqual([{ code: undefined, unheardSeconds: 0 }]);
  expect(ears.open).toEqual([]);
});

test('a call takes 2 s at the most, so that others get their turn', async () => {
  const { ears, hearing, heard } = hearingOf();
  ears.answersAtOnce = false;
  hearing.accept(numbered(telephone, 7));
  const lengths: number[] = [];
  for (let call = 0; call < 6; call += 1) {
    ears.answer();
    await settled();
    lengths.push((heard[0]?.length ?? 0) / 16_000);
  }
  expect(lengths.slice(1, 4)).toEqual([expect.closeTo(2, 1), expect.closeTo(4, 1), expect.closeTo(6, 1)]);
});
