import type {
  EndEvent,
  FinalEvent,
  GapEvent,
  GapReason,
  LiveErrorEvent,
  PartialEvent,
  PlanEvent,
  SourceSummary,
  SpeechStartEvent,
} from '../session/live-events.js';
import type { ClientState } from './connection-state.js';

/** Where the audio of a source went, in seconds; of one channel, where channels are split. */
export interface ClientLedger {
  /** Given to `write`. */
  readonly writtenSeconds: number;
  /** In a final, or nobody spoke. */
  readonly settledSeconds: number;
  /** In a gap. */
  readonly gapSeconds: number;
  /** Neither is known yet. */
  readonly openSeconds: number;
}

/** What came of one source, or of one of its channels where they are split. */
export interface ClientSummary extends Omit<SourceSummary, 'ledger'> {
  readonly ledger: ClientLedger;
}

/** Audio that gives no text. `connection-lost`: it could not be sent in time, or was lost with a server. */
export interface ClientGapEvent extends Omit<GapEvent, 'reason'> {
  readonly reason: GapReason | 'connection-lost';
}

/** The last event of a source, and of the session where `source` is absent. */
export interface ClientEndEvent extends Omit<EndEvent, 'sources'> {
  readonly sources: readonly ClientSummary[];
}

/** What is heard, as the engine's sessions tell it, on clocks that go on whatever happens to connections and servers. */
export type ClientEvent =
  | SpeechStartEvent
  | PartialEvent
  | FinalEvent
  | ClientGapEvent
  | PlanEvent
  | LiveErrorEvent
  | ClientEndEvent;

/** An event that has no number yet. */
export type UnnumberedClientEvent = WithoutSequence<ClientEvent>;
type WithoutSequence<Event> = Event extends ClientEvent ? Omit<Event, 'sequence'> : never;

/** What `client.on` gives its listeners, by kind. */
export type ClientEventMap = { readonly [Kind in ClientEvent['kind']]: Extract<ClientEvent, { kind: Kind }> } & {
  readonly state: ClientState;
};
