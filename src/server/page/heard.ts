import type { LiveEvent } from '../../session/live-events.js';

/** Where live texts come from. */
export interface LiveTexts {
  /** Calls `listener` with every event of every live session. @returns ends that */
  onEvent(
    listener: (event: LiveEvent, from: { readonly session: string; readonly caller: string }) => void,
  ): () => void;
}

/** What was heard, as somebody sees it who only watches. Seconds count from the source's first sample. */
export type Heard = {
  /** The session's identifier. */
  readonly session: string;
  readonly source: string;
  readonly channel?: number;
} & (
  | { readonly kind: 'partial'; readonly text: string }
  | { readonly kind: 'final'; readonly startSeconds: number; readonly endSeconds: number; readonly text: string }
  | { readonly kind: 'gap'; readonly startSeconds: number; readonly endSeconds: number; readonly message: string }
  /** The source has ended. */
  | { readonly kind: 'end' }
);

/** Undefined for an event that is not about what somebody said. */
export function heardIn(event: LiveEvent, session: string): Heard | undefined {
  if (event.source === undefined) return undefined;
  const { source } = event;
  const channel = 'channel' in event ? { channel: event.channel } : {};
  const place = { session, source, ...channel };
  switch (event.kind) {
    case 'partial':
      return { ...place, kind: 'partial', text: event.text };
    case 'final': {
      const { startSeconds, endSeconds, text } = event;
      return { ...place, kind: 'final', startSeconds, endSeconds, text };
    }
    case 'gap': {
      const { startSeconds, endSeconds, message } = event;
      return { ...place, kind: 'gap', startSeconds, endSeconds, message };
    }
    case 'end':
      return { ...place, kind: 'end' };
    case 'speech-start':
    case 'plan':
    case 'error':
      return undefined;
    default:
      return event satisfies never;
  }
}
