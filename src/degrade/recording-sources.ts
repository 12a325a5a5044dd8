import { sampleRate } from '../provider/audio-format.js';
import { trackCount } from '../provider/stream-format.js';
import { speechEnd } from '../session/piece.js';
import type { Ended } from '../session/teller.js';
import type { TraceEvent } from './simulator/trace.js';
import type { WatchedSource } from './source-watch.js';

interface Speech {
  readonly kind: 'speech';
  readonly atSeconds: number;
  readonly source: string;
  seconds: number;
}

/** Speech of an utterance. */
interface Spoken {
  /** From the source's first sample. */
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** When its end came, on the engine's clock. */
  readonly heardAtSeconds: number;
}

/** One channel of a source, which is a source of its own in a trace. */
interface Voice {
  readonly name: string;
  last: Speech | undefined;
  /** When something of it ended: its speech, at first what it said before it was noted. */
  endedAtSeconds: number;
  /** Where that was in its audio. */
  endSeconds: number;
}

interface Noted {
  readonly voices: readonly Voice[];
  readonly joinSeconds: number;
  seenAtSeconds: number;
}

/** A shorter pause does not end a `speech`. */
const pauseSeconds = 0.6;
/** Who was not there at a look, one a second, has left before. */
const lookSeconds = 1;

/** Which sources come and go, and when they speak, as events of a trace. Sources are numbered: names may be private. */
export class SourceNotes {
  readonly #startSeconds: number;
  readonly #add: (event: TraceEvent) => void;
  readonly #noted = new Map<WatchedSource, Noted>();
  #voices = 0;
  #hasLooked = false;

  constructor(startSeconds: number, add: (event: TraceEvent) => void) {
    this.#startSeconds = startSeconds;
    this.#add = add;
  }

  looked(sources: readonly WatchedSource[], nowSeconds: number): void {
    for (const source of sources) this.#notedOf(source, nowSeconds).seenAtSeconds = nowSeconds;
    for (const [source, noted] of this.#noted)
      if (noted.seenAtSeconds < nowSeconds) this.#leave(source, noted, nowSeconds);
    this.#hasLooked = true;
  }

  /** An utterance has ended. */
  heard(source: WatchedSource, channel = 0, { piece, heardAtSeconds }: Ended, nowSeconds: number): void {
    const { voices, joinSeconds } = this.#notedOf(source, nowSeconds);
    const startSeconds = (piece.speech[0] ?? piece).startSample / sampleRate;
    // The clock of the source may have jumped, where this one does not.
    const atSeconds = Math.min(heardAtSeconds, nowSeconds);
    const spoken = { startSeconds, endSeconds: speechEnd(piece) / sampleRate, heardAtSeconds: atSeconds };
    const voice = voices[channel];
    if (voice) this.#speak(voice, spoken, joinSeconds);
  }

  /** Nothing more is noted; who is not there any more has left. */
  end(nowSeconds: number): void {
    for (const [source, noted] of this.#noted) {
      if (noted.seenAtSeconds < nowSeconds - 2 * lookSeconds) this.#leave(source, noted, nowSeconds);
    }
  }

  #speak(voice: Voice, { startSeconds, endSeconds, heardAtSeconds }: Spoken, joinSeconds: number): void {
    const { last, endedAtSeconds } = voice;
    const pausedSeconds = startSeconds - voice.endSeconds;
    const spanSeconds = endSeconds - startSeconds;
    voice.endSeconds = endSeconds;
    if (last && pausedSeconds < pauseSeconds) {
      // It was cut at its longest.
      last.seconds += pausedSeconds + spanSeconds;
      voice.endedAtSeconds += pausedSeconds + spanSeconds;
      return;
    }
    // What is written faster than real time, or in large parts, keeps its pauses.
    const fromSeconds = Math.max(this.#since(heardAtSeconds) - spanSeconds, endedAtSeconds + pausedSeconds);
    voice.endedAtSeconds = fromSeconds + spanSeconds;
    const atSeconds = Math.max(fromSeconds, joinSeconds);
    const seconds = voice.endedAtSeconds - atSeconds;
    if (!(seconds > 0)) return;
    voice.last = { kind: 'speech', atSeconds, source: voice.name, seconds };
    this.#add(voice.last);
  }

  #notedOf(source: WatchedSource, nowSeconds: number): Noted {
    const known = this.#noted.get(source);
    if (known) return known;
    const { priority, intake, options } = source;
    const channels = trackCount(options.format);
    // It has come since the last look, or may have been there when the recording began.
    const broughtSeconds = intake.heardSeconds / channels + intake.unheardSeconds;
    const joinSeconds = Math.max(0, this.#since(nowSeconds) - Math.min(lookSeconds, broughtSeconds));
    const isNew = this.#hasLooked;
    const endSeconds = isNew ? 0 : Math.max(0, broughtSeconds - (this.#since(nowSeconds) - joinSeconds));
    const voices = Array.from({ length: channels }, () => {
      this.#voices += 1;
      return { name: `source ${this.#voices}`, last: undefined, endedAtSeconds: joinSeconds, endSeconds };
    });
    for (const { name } of voices) this.#add({ kind: 'join', atSeconds: joinSeconds, source: name, priority });
    const noted = { voices, joinSeconds, seenAtSeconds: nowSeconds };
    this.#noted.set(source, noted);
    return noted;
  }

  #leave(source: WatchedSource, { voices, seenAtSeconds }: Noted, nowSeconds: number): void {
    const atSeconds = this.#since(Math.min(nowSeconds, seenAtSeconds + lookSeconds));
    for (const { name } of voices) this.#add({ kind: 'leave', atSeconds, source: name });
    this.#noted.delete(source);
  }

  #since(atSeconds: number): number {
    return atSeconds - this.#startSeconds;
  }
}
