import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorPercent, wordErrors } from '../../bench/wer.mjs';
import { resolveModel, resolveVad } from '../../dist/model/resolve.js';
import { Listener } from '../../dist/pool/listener.js';
import { SlotPool } from '../../dist/pool/slot-pool.js';
import { sampleRate } from '../../dist/provider/audio-format.js';
import type { ModelUse, Recognition } from '../../dist/provider/recognition.js';
import type { Piece } from '../../dist/session/piece-cutter.js';
import { judge, type Verdict } from '../../dist/session/text-judge.js';
import { type Cut, UtteranceCutter } from '../../dist/session/utterance-cutter.js';
import { bundled, referenceOf, sharedSamplesOf, silence, spoken } from './clips.js';

/** As a live source brings it: a few windows at a time. */
const blockSamples = 3 * 512;
const clips = ['jfk', 'harvard_8k', 'leopard_en'];

/** What the voice activity detection on its own thread hears in samples, in live blocks. */
async function cutsOf(samples: Float32Array, chunkSeconds: number): Promise<readonly Cut[]> {
  const listener = new Listener((await resolveVad()).path);
  const stream = await listener.open({ kind: 'pcm', samples, sampleRate, channels: 1 });
  const cutter = new UtteranceCutter(512, sampleRate);
  const cuts: Cut[] = [];
  for (let isLast = false; !isLast; ) {
    const block = await stream.read(new Float32Array(new SharedArrayBuffer(4 * blockSamples)));
    cuts.push(...cutter.push(block.probabilities, { chunkSeconds, hangoverSeconds: 0.6, preRollSeconds: 0.35 }));
    isLast = block.isLast;
  }
  await stream.close();
  await listener.close();
  return [...cuts, ...cutter.end(samples.length)];
}

const models = ['base', 'tiny.en'] as const;
type Model = (typeof models)[number];

let pool: SlotPool;
const uses = new Map<Model, ModelUse>();
beforeAll(async () => {
  pool = new SlotPool(1);
  for (const model of models) {
    const { path, fileKey, alignment } = await resolveModel(model);
    const use = { path, fileKey, alignment, flashAttention: false, gpu: false, threads: 2 };
    await pool.load(use);
    uses.set(model, use);
  }
});
afterAll(() => pool.close());

async function decode(model: Model, samples: Float32Array, piece: Piece): Promise<Recognition> {
  const use = uses.get(model);
  if (!use) throw new Error(`${model} is not loaded.`);
  const { recognition } = await pool.decode(use, {
    pcm: samples.subarray(piece.startSample, piece.endSample),
    speechEndSeconds: ((piece.speech.at(-1) ?? piece).endSample - piece.startSample) / sampleRate,
    language: 'en',
    translate: false,
    prompt: '',
    words: false,
    beamSize: 1,
    encoderContext: 'sized',
    deadlineAtSeconds: Number.POSITIVE_INFINITY,
  }).outcome;
  return recognition;
}

const textOf = ({ segments }: Recognition) => segments.map((segment) => segment.text).join('');

function speechSecondsOf({ speech }: Piece): number {
  return speech.reduce((sum, { startSample, endSample }) => sum + endSample - startSample, 0) / sampleRate;
}

interface Final {
  readonly piece: Piece;
  readonly text: string;
  readonly verdict: Verdict;
}

/** The finals of a clip, one after the other. */
async function finalsOf(model: Model, clip: string, chunkSeconds: number): Promise<readonly Final[]> {
  const samples = await sharedSamplesOf(bundled(`${clip}.wav`));
  const finals: Final[] = [];
  for (const cut of await cutsOf(samples, chunkSeconds)) {
    if (cut.kind !== 'utterance') continue;
    const recognition = await decode(model, samples, cut.piece);
    const verdict = judge(recognition, speechSecondsOf(cut.piece));
    finals.push({ piece: cut.piece, text: textOf(recognition), verdict });
  }
  return finals;
}

describe('live utterances of real speech', () => {
  /** Seen: 6 % at 2 s, where words are cut apart and the model guesses, and none otherwise. */
  test.each<[model: Model, chunkSeconds: number, mostErrorPercent: number]>([
    ['base', 2, 12],
    ['base', 4, 4],
    ['base', 8, 2],
    ['base', Number.POSITIVE_INFINITY, 2],
    ['tiny.en', 4, 4],
    ['tiny.en', Number.POSITIVE_INFINITY, 2],
  ])('say everything once with %s at %f s', async (model, chunkSeconds, mostErrorPercent) => {
    const errors = [];
    for (const clip of clips) {
      const finals = await finalsOf(model, clip, chunkSeconds);
      expect(finals.filter(({ verdict }) => verdict.kind !== 'keep')).toEqual([]);
      const text = finals.map((final) => final.text).join(' ');
      errors.push(wordErrors(referenceOf(clip), text, 'en'));
      if (clip === 'harvard_8k') {
        for (const phrase of ['gold ring', 'sandy beach', 'bell']) {
          expect(spoken(text).split(phrase), phrase).toHaveLength(2);
        }
      }
    }
    expect(errorPercent(errors)).toBeLessThanOrEqual(mostErrorPercent);
  });

  test('have at their pause the text that they have at their end', async () => {
    const samples = await sharedSamplesOf(bundled('harvard_8k.wav'));
    const cuts = await cutsOf(samples, Number.POSITIVE_INFINITY);
    const pairs = cuts.flatMap((cut, at) => {
      const next = cuts[at + 1];
      return cut.kind === 'pause' && next?.kind === 'utterance' ? [[cut.piece, next.piece] as const] : [];
    });
    expect(pairs.length).toBeGreaterThanOrEqual(5);
    for (const [early, final] of pairs) {
      expect(early).toMatchObject({ startSample: final.startSample, speech: final.speech });
      expect(spoken(textOf(await decode('base', samples, early)))).toBe(
        spoken(textOf(await decode('base', samples, final))),
      );
    }
  });
});

/** The same in every run. */
function noise(): () => number {
  let state = 20_260_101;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

const tone = (hertz: number, at: number) => Math.sin((2 * Math.PI * hertz * at) / sampleRate);
const melody = [262, 330, 392, 523, 440, 349];

const sounds: Readonly<Record<string, () => (at: number) => number>> = {
  'white noise': () => {
    const next = noise();
    return () => 0.3 * next();
  },
  'pink noise': () => {
    const next = noise();
    let [slow, middle] = [0, 0];
    return () => {
      slow = 0.998 * slow + 0.1 * next();
      middle = 0.963 * middle + 0.3 * next();
      return 0.1 * (slow + middle);
    };
  },
  'mains hum': () => (at) => 0.3 * (tone(50, at) + 0.5 * tone(150, at) + 0.25 * tone(250, at)),
  'dialling tones': () => (at) => (at % 3200 < 1920 ? 0.2 * (tone(770, at) + tone(1336, at)) : 0),
  clicks: () => (at) => (at % 4000 < 32 ? 0.8 : 0),
  'a melody': () => (at) => {
    const hertz = melody[Math.floor(at / 6400) % melody.length] ?? 0;
    return 0.15 * Math.exp((-3 * (at % 6400)) / sampleRate) * (tone(hertz, at) + 0.5 * tone(2 * hertz, at));
  },
};

describe('no text is left of', () => {
  test.each(Object.entries(sounds))('%s that was taken for speech', async (_name, sound) => {
    for (const seconds of [1, 4]) {
      const samples = new Float32Array(new SharedArrayBuffer(4 * seconds * sampleRate));
      samples.set(
        silence(seconds)
          .map((_, at) => at)
          .map(sound()),
      );
      const whole = { startSample: 0, endSample: samples.length };
      for (const model of models) {
        const recognition = await decode(model, samples, { ...whole, speech: [whole] });
        expect(judge(recognition, seconds - 0.6), `${model}: ${textOf(recognition)}`).toMatchObject({
          kind: 'suppress',
        });
      }
    }
  });
});
