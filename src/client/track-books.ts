import type { FinalEvent, GapEvent, PartialEvent, SpeechStartEvent } from '../session/live-events.js';
import type { Segment, Word } from '../transcript/transcript.js';
import type { ClientSummary, UnnumberedClientEvent } from './client-events.js';
import type { SourceClock } from './source-clock.js';
import { type Stretch, Told } from './told.js';

export type TrackEvent = SpeechStartEvent | PartialEvent | FinalEvent | GapEvent;

export interface TrackBooksOptions {
  readonly source: string;
  /** Only where channels are split. */
  readonly channel: number | undefined;
  readonly clock: SourceClock;
}

/** Languages written without spaces between words. */
const withoutSpaces: readonly string[] = ['zh', 'ja', 'th', 'lo', 'my', 'yue'];

/** What is known of one track of a source, through all sessions that heard it. */
export class TrackBooks {
  readonly told = new Told();
  readonly #options: TrackBooksOptions;
  readonly #finals: FinalEvent[] = [];
  #gapFrames = 0;
  /** Of the session that hears it now. */
  #firstFrame = 0;
  #utterancesBefore = 0;
  #segmentsBefore = 0;

  constructor(options: TrackBooksOptions) {
    this.#options = options;
  }

  /** Another session hears it, from this sample frame on. */
  begin(firstFrame: number): void {
    this.#firstFrame = firstFrame;
    // An utterance that was not told to its end begins again under its number: its new text replaces the old.
    this.#utterancesBefore = this.#finals.reduce((most, { utterance }) => Math.max(most, utterance), 0);
    this.#segmentsBefore = this.#finals.reduce((sum, { segments }) => sum + segments.length, 0);
  }

  /** The event on the source's own clock; none when all that it is about is told already. */
  take(event: TrackEvent, writtenFrames: number): readonly UnnumberedClientEvent[] {
    const mapped = this.#mapped(event);
    if (mapped.kind !== 'final' && mapped.kind !== 'gap') return [mapped];
    const { clock } = this.#options;
    const { from, to } = clock.framesIn(mapped.startSeconds, mapped.endSeconds);
    const fresh = this.told.add({ from: Math.min(from, writtenFrames), to: Math.min(to, writtenFrames) });
    if (mapped.kind === 'gap') {
      this.#gapFrames += framesOf(fresh);
      return fresh.map((part) => ({ ...mapped, ...this.#secondsOf(part) }));
    }
    const [first] = fresh;
    if (!first) return [];
    // What was told already, and is silent here, may be taken for the moment before the speech.
    const final = { ...mapped, startSeconds: Math.max(mapped.startSeconds, clock.secondsOf(first.from)) };
    this.#finals.push(final);
    return [final];
  }

  /** It will never be heard. @returns a gap for each part of which nothing was known */
  lose(stretch: Stretch, message: string): readonly UnnumberedClientEvent[] {
    const { source, channel } = this.#options;
    const fresh = this.told.add(stretch);
    this.#gapFrames += framesOf(fresh);
    return fresh.map((part) => ({
      kind: 'gap',
      source,
      ...(channel !== undefined && { channel }),
      ...this.#secondsOf(part),
      reason: 'connection-lost',
      message,
    }));
  }

  summary(writtenFrames: number): ClientSummary {
    const { source, channel, clock } = this.#options;
    const finals = [...this.#finals].sort((one, other) => one.startSeconds - other.startSeconds);
    const told = framesOf(this.told.within({ from: 0, to: writtenFrames }));
    return {
      source,
      ...(channel !== undefined && { channel }),
      text: finals.reduce((text, final) => `${text}${separator(text, final)}${final.text}`, ''),
      segments: finals.flatMap(({ segments }) => segments).map((segment, index) => ({ ...segment, index })),
      ledger: {
        writtenSeconds: clock.secondsOf(writtenFrames),
        settledSeconds: clock.secondsOf(told - this.#gapFrames),
        gapSeconds: clock.secondsOf(this.#gapFrames),
        openSeconds: clock.secondsOf(writtenFrames - told),
      },
    };
  }

  #secondsOf({ from, to }: Stretch) {
    const { clock } = this.#options;
    return { startSeconds: clock.secondsOf(from), endSeconds: clock.secondsOf(to) };
  }

  #mapped(event: TrackEvent): TrackEvent {
    const later = this.#options.clock.secondsOf(this.#firstFrame);
    if (event.kind === 'speech-start') return { ...event, atSeconds: event.atSeconds + later };
    const moved = moving(later);
    if (event.kind === 'gap') return moved(event);
    const utterance = event.utterance + this.#utterancesBefore;
    if (event.kind === 'partial') return { ...moved(event), utterance };
    const movedWords = <Timed extends { readonly words?: readonly Word[] }>(timed: Timed) =>
      timed.words ? { ...timed, words: timed.words.map(moved) } : timed;
    const segments = event.segments.map((segment: Segment) => ({
      ...movedWords(moved(segment)),
      index: segment.index + this.#segmentsBefore,
    }));
    return { ...movedWords(moved(event)), utterance, segments };
  }
}

function moving(later: number) {
  return <Timed extends { readonly startSeconds: number; readonly endSeconds: number }>(timed: Timed): Timed => ({
    ...timed,
    startSeconds: timed.startSeconds + later,
    endSeconds: timed.endSeconds + later,
  });
}

function separator(text: string, { language }: FinalEvent): string {
  return text === '' || withoutSpaces.includes(language) ? '' : ' ';
}

function framesOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { from, to }) => sum + to - from, 0);
}
