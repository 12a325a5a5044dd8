import type { LiveFormat } from '../../dist/provider/stream-format.js';
import type { LiveEvent } from '../../dist/session/live-events.js';
import type { LivePlan } from '../../dist/session/live-plan.js';
import type { SourceOptions } from '../../dist/session/source-options.js';
import { LiveWorld, settled, type WorldOptions } from '../live-world.js';
import { scriptedBytes, speech } from '../scripted-ears.js';

export const telephone: LiveFormat = { encoding: 'mulaw', sampleRate: 8000 };

/** Seconds of speech and of silence in turn, beginning with speech. */
export function talk(...seconds: readonly number[]): Uint8Array {
  return talkIn(telephone, ...seconds);
}

export function talkIn(format: LiveFormat, ...seconds: readonly number[]): Uint8Array {
  const parts = seconds.map((length, at) =>
    scriptedBytes(format, Math.round(length * format.sampleRate), at % 2 === 0 ? speech + 1 : 1),
  );
  return Buffer.concat(parts);
}

interface Setting extends WorldOptions {
  readonly plan?: Partial<LivePlan>;
  readonly options?: Partial<SourceOptions>;
}

/** One telephone source of a session; without partials, if nothing else is said. */
export function liveSource({ plan = {}, options = {}, ...world }: Setting = {}) {
  const live = new LiveWorld(world);
  const events: LiveEvent[] = [];
  const session = live.open({ partialEverySeconds: undefined, ...plan }, (event) => events.push(event));
  const source = session.addSource('mic', { format: telephone, ...options });
  const write = async (bytes: Uint8Array) => {
    live.promised('write', source.write(bytes));
    await settled(400);
  };
  /** What was told, in short. */
  const told = () => events.map(inShort).filter((line) => line !== undefined);
  const end = async () => {
    live.promised('end', session.end());
    await live.finishEverything(() => settled(400));
  };
  return { live, session, source, events, write, told, end, slots: live.slots, clock: live.clock, ears: live.ears };
}

function inShort(event: LiveEvent): string | undefined {
  switch (event.kind) {
    case 'final':
      return `final${event.isLate ? ' late' : ''} ${place(event)} ${event.text}`;
    case 'gap':
      return `gap ${event.reason} ${place(event)}`;
    case 'partial':
      return `partial ${event.text}`;
    case 'error':
      return `error ${event.error.code}`;
    case 'end':
      return 'source' in event ? 'end of source' : 'end';
    case 'speech-start':
    case 'plan':
      return undefined;
    default:
      return event satisfies never;
  }
}

function place({ startSeconds, endSeconds }: { readonly startSeconds: number; readonly endSeconds: number }): string {
  return `${startSeconds.toFixed(1)}–${endSeconds.toFixed(1)}`;
}
