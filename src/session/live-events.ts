import type { EngineError } from '../errors.js';
import type { Segment, Word } from '../transcript/transcript.js';
import type { LedgerReading } from './ledger.js';
import type { LivePlan } from './live-plan.js';

/** Everything that a live session says. Events are shared by all who listen: never change one. */
export type LiveEvent = SpeechStartEvent | PartialEvent | FinalEvent | GapEvent | PlanEvent | LiveErrorEvent | EndEvent;

/** An event that has no number yet. */
export type UnnumberedEvent = WithoutSequence<LiveEvent>;
type WithoutSequence<Event> = Event extends LiveEvent ? Omit<Event, 'sequence'> : never;

/** The listeners of an emitter of live events, by kind. */
export type LiveEventMap = {
  readonly [Kind in LiveEvent['kind']]: (event: Extract<LiveEvent, { readonly kind: Kind }>) => void;
};

/**
 * Why audio, or what it was decoded to, is not in the text.
 * - `shed`: more came than could be decoded in time, and the source's shed policy gave this audio up.
 * - `suppressed`: it was decoded, but the text was judged not to have been spoken: noise, silence, or a loop.
 * - `failed`: the decode ended in an error, or did not end before its deadline.
 * - `aborted`: the session or the source was aborted, or the engine closed, before the audio was decoded.
 * - `worker-died`: the audio ended every worker thread that decoded it, and is not tried again.
 * - `spool-failed`: it was to wait on disk, and could not be written or read back.
 * - `listener-restarted`: the thread that listens for speech ended again and again, and the source with it.
 */
export type GapReason =
  | 'shed'
  | 'suppressed'
  | 'failed'
  | 'aborted'
  | 'worker-died'
  | 'spool-failed'
  | 'listener-restarted';

interface Numbered {
  /** 1, 2, 3 … through the whole session, without a hole. */
  readonly sequence: number;
}

/** What is about one source. Seconds count from the source's first sample. */
interface OfSource extends Numbered {
  /** The source's name. */
  readonly source: string;
  /** From 0; only where channels are split. */
  readonly channel?: number;
}

/** Somebody began to speak; one or more utterances follow. */
export interface SpeechStartEvent extends OfSource {
  readonly kind: 'speech-start';
  readonly atSeconds: number;
}

/** The text so far of an utterance that goes on. The next one of the same utterance, or its final or gap, replaces it. */
export interface PartialEvent extends OfSource {
  readonly kind: 'partial';
  /** Number of the utterance in its source and channel; the same as in its final. */
  readonly utterance: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** `confirmed` and `tentative` as one text. */
  readonly text: string;
  /** What two decodes in a row agreed on. */
  readonly confirmed: string;
  /** The rest, which may still change. */
  readonly tentative: string;
  /** Two-letter code. */
  readonly language: string;
  /** Wall-clock seconds from when the end of what it covers was heard. */
  readonly latencySeconds: number;
}

/** The text of an utterance, once and for good. */
export interface FinalEvent extends OfSource {
  readonly kind: 'final';
  readonly utterance: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly text: string;
  readonly segments: readonly Segment[];
  /** All words in order; present when `words` was asked for. */
  readonly words?: readonly Word[];
  /** Two-letter code. */
  readonly language: string;
  /** Probability of the language when it was detected. */
  readonly languageProbability?: number;
  /** Who decoded it. */
  readonly provider: string;
  /** What decoded it. */
  readonly model: string;
  /** Quantisation of the weights that decoded it. */
  readonly variant: string;
  readonly timings: FinalTimings;
  /** Whether it was cut at the chunk limit, in the midst of speech. */
  readonly isForced: boolean;
  /** It waited on disk while the queue was full; finals of later speech may have come before. */
  readonly isLate: boolean;
}

/** Where the time of a final went, in wall-clock seconds. */
export interface FinalTimings {
  /** Waiting for a free slot. */
  readonly queueSeconds: number;
  /** Inside the provider's decode. */
  readonly decodeSeconds: number;
  /** From when the end of the speech was heard to this event. */
  readonly latencySeconds: number;
}

/** Audio that gives no text. Every second that is in no final and was not silent is in one of these. */
export interface GapEvent extends OfSource {
  readonly kind: 'gap';
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly reason: GapReason;
  /** A sentence for people. */
  readonly message: string;
  /** What was suppressed. */
  readonly text?: string;
}

/** A plan is in force from now on: of one source, or of the session where `source` is absent. */
export interface PlanEvent extends Numbered, Partial<Pick<OfSource, 'source' | 'channel'>> {
  readonly kind: 'plan';
  readonly plan: LivePlan;
  /** A sentence. */
  readonly reason: string;
}

/** Something went wrong; audio that it cost is in a `gap` of its own. Of the session where `source` is absent. */
export interface LiveErrorEvent extends Numbered, Partial<Pick<OfSource, 'source' | 'channel'>> {
  readonly kind: 'error';
  readonly error: EngineError;
}

/** What came of one source, or of one of its channels where they are split. */
export interface SourceSummary {
  readonly source: string;
  readonly channel?: number;
  /** Of all finals, in the order of the audio. */
  readonly text: string;
  readonly segments: readonly Segment[];
  readonly ledger: LedgerReading;
}

/** The last event of a source, and of the session where `source` is absent. */
export interface EndEvent extends Numbered, Partial<Pick<OfSource, 'source'>> {
  readonly kind: 'end';
  /** Of the source that ended, one for each channel; of all sources when it is the session that ended. */
  readonly sources: readonly SourceSummary[];
}
