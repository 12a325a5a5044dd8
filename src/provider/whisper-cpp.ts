import { systemClock } from '../clock.js';
import { EngineError } from '../errors.js';
import type { DecodeOptions, NativeContext, NativeDecoded, NativeSegment, NativeState } from './addon.js';
import { sampleRate } from './audio-format.js';
import { encoderContextFor, fullEncoderContext, tokenLimit, widerEncoderContext } from './encoder-context.js';
import { asEngineError } from './native-call.js';
import { compressionRatio, doubt, withoutInventedTail, withoutRepetitions } from './plausibility.js';
import type { Chunk, Loading, ModelUse, RecognisedSegment, Recognition } from './recognition.js';
import { Weights } from './weights.js';
import { wordsOf } from './words.js';

/** Language is detected on the beginning of a piece. */
const detectionSeconds = 30;

/** A decode is first made to be cheap, then, if need be, to be right. */
interface Attempt {
  readonly encoderContext: number;
  readonly isThorough: boolean;
}

type Done = Extract<NativeDecoded, { status: 'done' }>;

/** One warmed whisper.cpp state on this thread, over weights that all threads share. Every call blocks. */
export class WhisperCpp {
  readonly loading: Loading;
  readonly #threads: number;
  readonly #weights: Weights;
  readonly #state: NativeState;

  /**
   * Loads the weights, or shares them, allocates a state and warms it.
   * @throws EngineError `MODEL_MISSING`, `MODEL_CORRUPT`, `MODEL_LOAD_FAILED`, `NATIVE_NOT_BUILT`
   */
  constructor(use: ModelUse) {
    const start = systemClock.nowSeconds();
    this.#threads = use.threads;
    this.#weights = new Weights(use);
    const loaded = systemClock.nowSeconds();
    try {
      const { state, stateSeconds, warmSeconds } = warmedState(this.#weights.context, use.threads);
      const { weightsRead } = this.#weights.context;
      this.#state = state;
      this.loading = { weightsRead, contextSeconds: loaded - start, stateSeconds, warmSeconds };
    } catch (error) {
      this.#weights.close();
      throw error;
    }
  }

  /**
   * Text for one chunk. A text that a sized encoder context made implausible is decoded again with a larger one, once.
   * @param control - another thread stores 1 in its first element to stop the decode.
   * @throws EngineError `ABORTED`, `DEADLINE_EXCEEDED`, `DECODE_FAILED`, `AUDIO_INVALID`
   */
  recognise(chunk: Chunk, control: Int32Array): Recognition {
    const start = systemClock.nowSeconds();
    const seconds = chunk.pcm.length / sampleRate;
    const sized = encoderContextFor(chunk.encoderContext, seconds);
    const detected = chunk.language === 'auto' ? this.#detect(chunk, sized, control) : undefined;
    const language = detected?.language ?? chunk.language;

    const isFirst = sized < fullEncoderContext;
    let decoded = this.#decode(chunk, language, { encoderContext: sized, isThorough: !isFirst }, control);
    let segments = withoutInventedTail(decoded.segments, chunk.speechEndSeconds);
    const reason = doubt({ ...decoded, segments }, tokenLimit(seconds));
    // The same decode gives the same text: at full context there is nothing to try again.
    const mayRetry = isFirst && chunk.onDoubt !== 'keep';
    const retriedBecause = mayRetry ? reason : undefined;
    const encoderContext = chunk.onDoubt === 'widen' ? widerEncoderContext(sized) : fullEncoderContext;
    if (retriedBecause) decoded = this.#decode(chunk, language, { encoderContext, isThorough: true }, control);
    if (reason) {
      segments = withoutRepetitions(withoutInventedTail(decoded.segments, chunk.speechEndSeconds));
    }
    return {
      segments: segments.map((segment) => recognised(segment, chunk.words, language)),
      language,
      ...(detected && { languageProbability: detected.probability }),
      noSpeechProbability: decoded.noSpeechProbability,
      temperature: decoded.temperature,
      encoderContext: decoded.encoderContext,
      ...(retriedBecause && { retriedBecause }),
      decodeSeconds: systemClock.nowSeconds() - start,
    };
  }

  /** Gives state and weights back. */
  close(): void {
    this.#state.close();
    this.#weights.close();
  }

  #decode(chunk: Chunk, language: string, { encoderContext, isThorough }: Attempt, control: Int32Array): Done {
    const options: DecodeOptions = {
      threads: this.#threads,
      encoderContext: Math.min(encoderContext, this.#weights.context.fullEncoderContext),
      deadlineSeconds: chunk.deadlineAtSeconds - systemClock.nowSeconds(),
      language,
      translate: chunk.translate,
      prompt: chunk.prompt,
      maxTokens: tokenLimit(chunk.pcm.length / sampleRate),
      // With room enough a phrase said twice was really said twice.
      loopTurns: isThorough ? 3 : 2,
      beamSize: chunk.beamSize,
      temperatureIncrement: isThorough ? 0.2 : 0,
      words: chunk.words,
    };
    return finished(asEngineError('DECODE_FAILED', () => this.#state.decode(chunk.pcm, options, control)));
  }

  #detect(chunk: Chunk, encoderContext: number, control: Int32Array) {
    const options = {
      threads: this.#threads,
      encoderContext,
      deadlineSeconds: chunk.deadlineAtSeconds - systemClock.nowSeconds(),
    };
    const beginning = chunk.pcm.subarray(0, detectionSeconds * sampleRate);
    return finished(asEngineError('DECODE_FAILED', () => this.#state.detectLanguage(beginning, options, control)));
  }
}

function warmedState(context: NativeContext, threads: number) {
  const start = systemClock.nowSeconds();
  const state = asEngineError('MODEL_LOAD_FAILED', () => context.createState());
  const allocated = systemClock.nowSeconds();
  try {
    asEngineError('MODEL_LOAD_FAILED', () => state.warm(threads));
  } catch (error) {
    state.close();
    throw error;
  }
  return { state, stateSeconds: allocated - start, warmSeconds: systemClock.nowSeconds() - allocated };
}

function recognised(segment: NativeSegment, withWords: boolean, language: string): RecognisedSegment {
  const { startSeconds, endSeconds, text, averageLogProbability } = segment;
  return {
    startSeconds,
    endSeconds,
    text,
    averageLogProbability,
    compressionRatio: compressionRatio(text),
    ...(withWords && { words: wordsOf(segment.tokens, language) }),
  };
}

function finished<Outcome extends { readonly status: string }>(outcome: Outcome): Extract<Outcome, { status: 'done' }> {
  if (outcome.status === 'deadline') throw new EngineError('DEADLINE_EXCEEDED', 'The deadline passed while decoding.');
  if (outcome.status === 'aborted') throw new EngineError('ABORTED', 'The decode was aborted.');
  return outcome as Extract<Outcome, { status: 'done' }>;
}
