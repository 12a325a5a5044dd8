import { hearCut, hearWhole, hearWithBeam } from '../accuracy-ways.mjs';
import { englishClips } from '../clips.mjs';
import { digits } from '../markdown.mjs';
import { MODELS } from '../models.mjs';
import { asidesIn } from '../normalise.mjs';
import { repetitions } from '../repetition.mjs';
import { atMost, exactly, figure } from '../result.mjs';
import { spreadOf } from '../spread.mjs';
import { characterErrors, errorPercent, wordErrors } from '../wer.mjs';

/** @typedef {import('../clips.mjs').Clip} Clip */
/** @typedef {{ clip: Clip, text: string }} Heard */

const WAYS = /** @type {const} */ ([
  { name: 'full context, whole', encoderContext: 'full', cut: false },
  { name: 'full context, cut', encoderContext: 'full', cut: true },
  { name: 'sized, whole', encoderContext: 'sized', cut: false },
  { name: 'sized, cut (the default)', encoderContext: 'sized', cut: true },
]);
const BEAM_SIZE = 5;
const BEAM = `a beam of ${BEAM_SIZE}`;

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Accuracy: a sized encoder and cutting at pauses against the full window; and a beam',
  async measure({ clips, quick, progress }) {
    const figures = [];
    const englishRows = [];
    const languageRows = [];
    const oddRows = [];
    for (const model of MODELS) {
      const spoken = model === 'tiny.en' ? englishClips(clips) : clips.clips;
      const kept = quick ? spoken.filter((clip) => clip.seconds < 6) : spoken;
      /** @type {Map<string, Heard[]>} */
      const heardBy = new Map();
      for (const way of WAYS) {
        progress(`${model}: ${way.name}`);
        const { heard, silence } = await hearAll(model, way, kept, clips.noSpeech);
        heardBy.set(way.name, heard);
        oddRows.push(...oddities(heard, silence).map((oddity) => [model, way.name, ...oddity]));
      }
      const wer = (/** @type {string} */ way) => wordErrorPercent(english(heardBy.get(way) ?? []));
      for (const way of WAYS.filter(({ encoderContext }) => encoderContext === 'sized')) {
        const full = WAYS.find((other) => other.encoderContext === 'full' && other.cut === way.cut) ?? way;
        const points = wer(way.name) - wer(full.name);
        figures.push(figure(`WER, ${model} q8_0, ${way.name}, less ${full.name}`, 'points', points, atMost(1)));
      }
      const points = wer('sized, cut (the default)') - wer('full context, whole');
      figures.push(
        figure(`WER, ${model} q8_0, sized, cut (the default), less full context, whole`, 'points', points, atMost(1)),
      );
      progress(`${model}: ${BEAM}`);
      const { heard: beamed, slowdown } = await hearBeam(model, englishClips({ ...clips, clips: kept }));
      figures.push(
        figure(`decoding time, ${model}, ${BEAM} over greedy`, 'ratio', slowdown.median, undefined, slowdown),
      );
      englishRows.push([model, ...WAYS.map((way) => wer(way.name)), wordErrorPercent(beamed)]);
      languageRows.push(...perLanguage(model, heardBy));
    }
    const ours = oddRows.filter(([, way]) => String(way).startsWith('sized'));
    figures.push(
      figure('repetitions, stage directions and text from silence, sized', 'count', ours.length, exactly(0)),
    );

    const ways = WAYS.map((way) => way.name);
    return {
      figures,
      tables: [
        { title: 'WER %, English clips', columns: ['model', ...ways, `the default, ${BEAM}`], rows: englishRows },
        { title: 'Per language: WER % (CER %)', columns: ['model', 'language', 'clips', ...ways], rows: languageRows },
        { title: 'Oddities', columns: ['model', 'way', 'clip', 'what'], rows: oddRows },
      ],
      notes: [
        'Word error rate: Levenshtein on words over all clips together, after our own version of the standard Whisper normalisation (bench/normalise.mjs); numbers that no clip needs are left out of it. Japanese has no words to count: its CER is the figure to read.',
        '“Whole” gives the provider windows of 30 s and no voice detection, as Whisper itself works; “cut” is what the engine does.',
        'The beam: each English clip greedily and with the beam, in turn, on one slot of one thread; the spread is over the clips.',
        'Greedy decoding is repeatable, so each way is run once.',
      ],
    };
  },
};

/**
 * @param {import('../models.mjs').ModelName} model
 * @param {(typeof WAYS)[number]} way
 * @param {readonly Clip[]} clips
 * @param {string | undefined} noSpeech
 */
async function hearAll(model, { encoderContext, cut }, clips, noSpeech) {
  const texts = await (cut ? hearCut : hearWhole)(model, encoderContext, clips);
  const heard = clips.map((clip, i) => ({ clip, text: texts[i] ?? '' }));
  // Whole windows are decoded whatever is in them, so silence is only judged where it is looked for.
  const silent = { id: 'no_speech', path: noSpeech ?? '', language: 'en', reference: '', seconds: 0 };
  const [silence = ''] = cut && noSpeech ? await hearCut(model, encoderContext, [silent]) : [];
  return { heard, silence };
}

/**
 * @param {import('../models.mjs').ModelName} model
 * @param {readonly Clip[]} clips
 */
async function hearBeam(model, clips) {
  const heard = await hearWithBeam(model, BEAM_SIZE, clips);
  return {
    heard: clips.map((clip, i) => ({ clip, text: heard[i]?.text ?? '' })),
    slowdown: spreadOf(heard.map(({ timeRatio }) => timeRatio)),
  };
}

/**
 * @param {readonly Heard[]} heard
 * @param {string} silence
 * @returns {string[][]} clip and what is odd about it
 */
function oddities(heard, silence) {
  const rows = heard.flatMap(({ clip, text }) => [
    ...repetitions(clip.reference, text, clip.language)
      .slice(0, 1)
      .map((phrase) => [clip.id, `said twice: ${phrase}`]),
    ...asidesIn(text).map((aside) => [clip.id, `stage direction: ${aside}`]),
  ]);
  return silence === '' ? rows : [...rows, ['no_speech', `text from silence: ${silence}`]];
}

/**
 * @param {string} model
 * @param {ReadonlyMap<string, readonly Heard[]>} heardBy
 */
function perLanguage(model, heardBy) {
  const languages = new Set([...heardBy.values()].flat().map(({ clip }) => clip.language));
  return [...languages].map((language) => {
    const ofLanguage = (/** @type {readonly Heard[]} */ heard) =>
      heard.filter(({ clip }) => clip.language === language);
    const cells = [...heardBy.values()]
      .map(ofLanguage)
      .map((heard) => `${digits(wordErrorPercent(heard))} (${digits(characterErrorPercent(heard))})`);
    return [model, language, ofLanguage([...heardBy.values()][0] ?? []).length, ...cells];
  });
}

/** @param {readonly Heard[]} heard */
const english = (heard) => heard.filter(({ clip }) => clip.language === 'en');

/** @param {readonly Heard[]} heard */
function wordErrorPercent(heard) {
  return errorPercent(heard.map(({ clip, text }) => wordErrors(clip.reference, text, clip.language)));
}

/** @param {readonly Heard[]} heard */
function characterErrorPercent(heard) {
  return errorPercent(heard.map(({ clip, text }) => characterErrors(clip.reference, text, clip.language)));
}
