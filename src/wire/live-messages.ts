import type { EngineErrorWire } from '../errors.js';
import type { Priority } from '../scheduler/work.js';
import type { Missed } from '../session/event-follower.js';
import type { LiveErrorEvent, LiveEvent } from '../session/live-events.js';
import type { SourceOptions } from '../session/source-options.js';

/** What client and server say to each other on `/v1/live`, as JSON in text frames; audio goes in binary ones (audio-frame.ts). */
export const liveProtocol = 1;

/** How the session is to transcribe, as in `engine.openSession`. */
export interface WireSessionOptions {
  readonly model?: string | undefined;
  readonly language?: string | undefined;
  readonly task?: 'transcribe' | 'translate' | undefined;
  readonly prompt?: string | undefined;
  readonly words?: boolean | undefined;
  readonly beamSize?: number | undefined;
  readonly chunkSeconds?: number | 'continuous' | undefined;
  readonly partialEverySeconds?: number | false | undefined;
  readonly carriedCharacters?: number | undefined;
}

/** How a source is to be heard, as in `session.addSource`; a shed policy by its name only. */
export interface WireSourceOptions extends Omit<SourceOptions, 'shed' | 'priority'> {
  readonly priority?: Priority | undefined;
  readonly shed?: 'refuse' | 'dropOldestPartial' | 'dropOldest' | 'spool' | undefined;
}

/** The first message of a connection is `open` or `resume`, within 10 s. */
export type ClientMessage =
  /** A new session. `key` is for browsers, which cannot send an `Authorization` header with a WebSocket. */
  | {
      readonly kind: 'open';
      readonly protocol: number;
      readonly key?: string | undefined;
      readonly session?: WireSessionOptions | undefined;
    }
  /** Goes on with a session; events after that sequence number are told again. */
  | {
      readonly kind: 'resume';
      readonly protocol: number;
      readonly key?: string | undefined;
      readonly token: string;
      readonly after: number;
    }
  /** A new source. The client numbers its sources 0, 1, 2 …; saying the same again after a resume does nothing. */
  | { readonly kind: 'source'; readonly id: number; readonly name: string; readonly options: WireSourceOptions }
  /** Audio that the client had to give up before it could be sent: whole sample frames; it is heard as silence. */
  | { readonly kind: 'lost'; readonly id: number; readonly fromByte: number; readonly toByte: number }
  /** No more audio of the source comes after so many bytes. */
  | { readonly kind: 'end-source'; readonly id: number; readonly atByte: number }
  /** Ends all sources and the session. */
  | { readonly kind: 'end' };

/** How far the server has come with a source. */
export interface SourceReceipt {
  readonly id: number;
  /** Of the source's bytes, all before this were accepted, or said to be lost. */
  readonly receivedBytes: number;
  /** Everything before this, on the source's clock, is told or was silent. */
  readonly settledSeconds: number;
}

/** A live event as it is sent: an error is plain data. */
export type WireEvent =
  | Exclude<LiveEvent, LiveErrorEvent>
  | (Omit<LiveErrorEvent, 'error'> & { readonly error: EngineErrorWire })
  | Missed;

export type ServerMessage =
  /** Answers `open`. The token stays the same for the whole session, and is known to nobody else. */
  | { readonly kind: 'opened'; readonly session: string; readonly token: string; readonly resumeSeconds: number }
  /** Answers `resume`. */
  | { readonly kind: 'resumed'; readonly session: string; readonly sources: readonly SourceReceipt[] }
  | { readonly kind: 'event'; readonly event: WireEvent }
  /** Every second, and so a sign of life. Holds from the event with number `sequence` on, 0 for none. */
  | { readonly kind: 'ack'; readonly sequence: number; readonly sources: readonly SourceReceipt[] }
  /** The session is held by another server: go there. */
  | { readonly kind: 'moved'; readonly url: string }
  /** The server ends in so many seconds: what it has heard by then is told, then it closes with 1012. */
  | { readonly kind: 'drain'; readonly token: string; readonly withinSeconds: number }
  /** The connection is closed after this. */
  | { readonly kind: 'refused'; readonly error: EngineErrorWire; readonly retryAfterSeconds?: number | undefined };

/** Codes with which the server closes a connection. */
export const closeCodes = {
  /** The session has ended as it was asked to. */
  ended: 1000,
  /** The server ends; open a session on another one, or on this one in a moment. */
  restarting: 1012,
  /** The server broke; come back. */
  failed: 1011,
  /** What was said is not understood; saying it again does not help. */
  protocolBroken: 4400,
  keyRefused: 4401,
  /** No session waits for this token. */
  sessionUnknown: 4404,
  /** Another connection has taken over the session. */
  replaced: 4409,
  /** Too many sessions; come back later. */
  limitReached: 4429,
  /** Another server holds the session; `moved` said which. */
  moved: 4307,
} as const;
