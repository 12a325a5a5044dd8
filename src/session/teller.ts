import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import { sampleRate } from '../provider/audio-format.js';
import type { Chunk } from '../provider/recognition.js';
import { separatesWords } from '../provider/words.js';
import type { Decoded } from '../scheduler/scheduler.js';
import { textOf } from '../transcript/text-of.js';
import type { Segment } from '../transcript/transcript.js';
import { ArrivalTimes } from './arrival-times.js';
import { CarriedPrompt } from './carried-prompt.js';
import { Ledger } from './ledger.js';
import type { GapReason, SourceSummary, UnnumberedEvent } from './live-events.js';
import { LocalAgreement } from './local-agreement.js';
import { type Piece, type Stretch, secondsOfSpeech, speechEnd } from './piece.js';
import { judge } from './text-judge.js';
import { Timeline } from './timeline.js';

export interface TellerOptions {
  readonly source: string;
  /** From 0; only where channels are split. */
  readonly channel: number | undefined;
  readonly clock: Clock;
  /** A code, or `auto` until the first final has decided. */
  readonly language: string;
  readonly decoding: Pick<Chunk, 'translate' | 'prompt' | 'words'>;
  /** Characters of its earlier finals that go before the next audio. */
  readonly carriedCharacters: number;
  readonly emit: (event: UnnumberedEvent) => void;
}

/** An utterance that has ended. */
export interface Ended extends Stretch {
  readonly utterance: number;
  readonly piece: Piece;
  readonly isForced: boolean;
  /** It waited on disk, and later ones may be told already. */
  readonly isLate: boolean;
  /** When the end of its speech came, on the clock's scale: by the time it is told, `arrivals` may have forgotten. */
  readonly heardAtSeconds: number;
}

/** What a track says; where it says it is added. */
type TrackEvent = WithoutPlace<UnnumberedEvent>;
type WithoutPlace<Event> = Event extends UnnumberedEvent ? Omit<Event, 'source' | 'channel'> : never;

/** Tells what became of the audio of a track, and keeps its books: each sample is told once. */
export class Teller {
  readonly ledger = new Ledger();
  readonly arrivals = new ArrivalTimes();
  readonly prompt: CarriedPrompt;
  language: string;
  readonly #options: TellerOptions;
  /** What is told, in the order of the audio. */
  readonly #finals: { readonly startSample: number; readonly text: string; readonly segments: readonly Segment[] }[] =
    [];
  #segments = 0;
  readonly #agreement = new LocalAgreement();
  /** The utterance that the agreement is about. */
  #agreeingOn = 0;

  constructor(options: TellerOptions) {
    this.#options = options;
    this.language = options.language;
    this.prompt = new CarriedPrompt(options.decoding.prompt, options);
  }

  get summary(): SourceSummary {
    const { source, channel } = this.#options;
    return {
      source,
      ...(channel !== undefined && { channel }),
      text: this.#finals.map((final) => final.text).join(separatesWords(this.language) ? ' ' : ''),
      segments: this.#finals.flatMap((final) => final.segments).map((segment, index) => ({ ...segment, index })),
      ledger: this.ledger.read(),
    };
  }

  tellSpeechStart(atSample: number): void {
    this.#emit({ kind: 'speech-start', atSeconds: atSample / sampleRate });
  }

  tellPartial(utterance: number, piece: Piece, { recognition }: Decoded): void {
    if (judge(recognition, secondsOfSpeech(piece)).kind === 'suppress') return;
    if (utterance !== this.#agreeingOn) this.#agreement.reset();
    this.#agreeingOn = utterance;
    const { language } = recognition;
    const { confirmed, tentative } = this.#agreement.update(textOf(recognition.segments), language);
    const text = [confirmed, tentative].filter((part) => part !== '').join(separatesWords(language) ? ' ' : '');
    const latencySeconds = this.#secondsSince(this.arrivals.of(speechEnd(piece)));
    this.#emit({
      kind: 'partial',
      utterance,
      ...inSeconds(piece),
      text,
      confirmed,
      tentative,
      language,
      latencySeconds,
    });
  }

  tellFinal(ended: Ended, { provider = 'whisper-cpp', recognition, model, queueSeconds }: Decoded): void {
    const { utterance, piece, isForced, isLate, heardAtSeconds } = ended;
    const { startSeconds, endSeconds } = inSeconds(piece);
    const timeline = new Timeline();
    timeline.add(recognition, { startSeconds, endSeconds, speech: piece.speech.map(inSeconds) });
    const verdict = judge(recognition, secondsOfSpeech(piece));
    if (verdict.kind === 'suppress') {
      this.prompt.forget('suppressed');
      this.tellGap(piece, 'suppressed', verdict.message, timeline.text);
      return;
    }
    const { language, languageProbability, decodeSeconds } = recognition;
    this.language = language;
    // What comes late is not what was said before what is said next.
    if (!isLate) this.prompt.add({ text: timeline.text, language, startSeconds, endSeconds });
    this.ledger.settle(piece.startSample, piece.endSample, 'transcribed');
    const segments = this.#add(piece, timeline);
    this.#emit({
      kind: 'final',
      utterance,
      startSeconds,
      endSeconds,
      text: timeline.text,
      segments,
      ...(this.#options.decoding.words && { words: timeline.words }),
      language,
      ...(languageProbability !== undefined && { languageProbability }),
      provider,
      model: model?.name ?? 'unknown',
      variant: model?.variant ?? 'unknown',
      timings: { queueSeconds, decodeSeconds, latencySeconds: this.#secondsSince(heardAtSeconds) },
      isForced,
      isLate,
    });
  }

  tellFailure({ piece }: Ended, thrown: unknown): void {
    const error = EngineError.from(thrown, 'INTERNAL', 'A piece of audio could not be decoded.');
    const reason = gapReason(error);
    this.prompt.forget('suppressed');
    this.tellGap(piece, reason, error.message);
    if (reason === 'failed' || reason === 'worker-died') this.#emit({ kind: 'error', error });
  }

  /** Something went wrong that cannot. */
  tellDefect(thrown: unknown): void {
    this.#emit({
      kind: 'error',
      error: EngineError.from(thrown, 'INTERNAL', 'What became of some audio could not be told.'),
    });
  }

  /** Also settles it. */
  tellGap({ startSample, endSample }: Stretch, reason: GapReason, message: string, text = ''): void {
    this.ledger.settle(startSample, endSample, 'gap');
    const seconds = inSeconds({ startSample, endSample });
    this.#emit({ kind: 'gap', ...seconds, reason, message, ...(text !== '' && { text }) });
  }

  #add({ startSample }: Piece, timeline: Timeline): readonly Segment[] {
    const segments = timeline.segments.map((segment) => ({ ...segment, index: this.#segments + segment.index }));
    this.#segments += segments.length;
    const after = this.#finals.findLastIndex((final) => final.startSample < startSample);
    this.#finals.splice(after + 1, 0, { startSample, text: timeline.text, segments });
    return segments;
  }

  #secondsSince(atSeconds: number): number {
    return Math.max(0, this.#options.clock.nowSeconds() - atSeconds);
  }

  #emit(event: TrackEvent): void {
    const { source, channel, emit } = this.#options;
    emit({ ...event, source, ...(channel !== undefined && { channel }) });
  }
}

function inSeconds({ startSample, endSample }: Stretch) {
  return { startSeconds: startSample / sampleRate, endSeconds: endSample / sampleRate };
}

function gapReason({ code }: EngineError): GapReason {
  switch (code) {
    case 'CHUNK_SHED':
      return 'shed';
    case 'ABORTED':
    case 'ENGINE_CLOSED':
    case 'SESSION_ENDED':
      return 'aborted';
    case 'CHUNK_SET_ASIDE':
    case 'WORKER_DIED':
      return 'worker-died';
    default:
      return 'failed';
  }
}
