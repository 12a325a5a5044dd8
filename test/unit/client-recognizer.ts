import type { AudioFrame } from '../../dist/wire/audio-frame.js';
import type { ClientMessage, ServerMessage, WireEvent } from '../../dist/wire/live-messages.js';

interface Heard {
  readonly name: string;
  readonly channels: number;
  readonly isSplit: boolean;
  readonly sampleRate: number;
  /** Every sample, 16 bits; 0 is silence. */
  readonly samples: number[];
  toldFrames: number[];
  isEnding: boolean;
  hasEnded: boolean;
  utterances: number[];
}

/** Of the events that a connection has been sent. */
interface Session {
  readonly token: string;
  readonly heard: Heard[];
  readonly events: WireEvent[];
  isEnding: boolean;
}

/**
 * A server that stands in for the real one message by message: it "recognises" samples as their own numbers, so that a
 * test sees which of them were told, how often, and where. It never talks in its own time.
 */
export class Recognizer {
  #session: Session | undefined;
  #sessions = 0;
  /** Where the connection stands in the events. */
  #sent = 0;

  get hasSession(): boolean {
    return this.#session !== undefined;
  }

  /** It dies, and knows nothing any more. */
  die(): void {
    this.#session = undefined;
  }

  /** @returns what it answers; a string is the reason why it closes the connection */
  hear(message: ClientMessage | AudioFrame): ServerMessage | 'unknown' | undefined {
    if (!('kind' in message)) {
      this.#write(message.sourceId, message.fromByte, [...new Int16Array(message.audio.slice().buffer)]);
      return undefined;
    }
    if (message.kind === 'open') {
      this.#sessions += 1;
      this.#session = { token: `token ${this.#sessions}`, heard: [], events: [], isEnding: false };
      this.#sent = 0;
      return { kind: 'opened', session: 'session', token: this.#session.token, resumeSeconds: 60 };
    }
    const session = this.#session;
    if (message.kind === 'resume') {
      if (session?.token !== message.token) return 'unknown';
      this.#sent = message.after;
      return { kind: 'resumed', session: 'session', sources: this.#receipts(session) };
    }
    if (!session) throw new Error('It was said something without a session.');
    switch (message.kind) {
      case 'source': {
        if (session.heard[message.id]) break;
        if (message.id !== session.heard.length) throw new Error(`Source ${message.id} comes out of turn.`);
        const { sampleRate, channels = 1, channelMode } = message.options.format;
        const isSplit = channelMode === 'split';
        const tracks = isSplit ? channels : 1;
        session.heard.push({
          name: message.name,
          channels,
          isSplit,
          sampleRate,
          samples: [],
          toldFrames: Array.from({ length: tracks }, () => 0),
          utterances: Array.from({ length: tracks }, () => 0),
          isEnding: false,
          hasEnded: false,
        });
        break;
      }
      case 'lost': {
        const silence = Array.from({ length: (message.toByte - message.fromByte) / 2 }, () => 0);
        this.#write(message.id, message.fromByte, silence);
        break;
      }
      case 'end-source': {
        const heard = this.#heard(message.id);
        if (message.atByte !== 2 * heard.samples.length) throw new Error('It ends elsewhere.');
        heard.isEnding = true;
        break;
      }
      case 'end':
        session.isEnding = true;
        break;
      default:
        message satisfies never;
    }
    return undefined;
  }

  /** Tells the next utterance of one of its tracks, of at most so many sample frames; or that it was noise. */
  recognise(choice: number, frames: number, isNoise = false): void {
    const session = this.#session;
    if (!session) return;
    const tracks = session.heard.flatMap((heard) => heard.toldFrames.map((_, track) => ({ heard, track })));
    const chosen = tracks[choice % Math.max(1, tracks.length)];
    if (chosen) this.#tell(session, chosen.heard, chosen.track, frames, isNoise);
  }

  /** What the connection has not been sent yet: at most so many events. */
  events(limit: number): readonly ServerMessage[] {
    const session = this.#session;
    if (!session) return [];
    this.#end(session);
    const events = session.events.slice(this.#sent, this.#sent + limit);
    this.#sent += events.length;
    return events.map((event) => ({ kind: 'event', event }));
  }

  ack(): readonly ServerMessage[] {
    const session = this.#session;
    if (!session) return [];
    return [{ kind: 'ack', sequence: session.events.length, sources: this.#receipts(session) }];
  }

  #tell(session: Session, heard: Heard, track: number, frames: number, isNoise = false): void {
    const from = heard.toldFrames[track] ?? 0;
    const to = Math.min(from + frames, heard.samples.length / heard.channels);
    if (from >= to) return;
    heard.toldFrames[track] = to;
    const step = heard.isSplit ? heard.channels : 1;
    const samples = heard.samples
      .slice(from * heard.channels, to * heard.channels)
      .filter((sample, at) => sample !== 0 && at % step === (heard.isSplit ? track : 0));
    if (samples.length === 0) return;
    heard.utterances[track] = (heard.utterances[track] ?? 0) + 1;
    const place = {
      sequence: session.events.length + 1,
      source: heard.name,
      ...(heard.isSplit && { channel: track }),
      startSeconds: from / heard.sampleRate,
      endSeconds: to / heard.sampleRate,
    };
    if (isNoise) {
      session.events.push({ kind: 'gap', ...place, reason: 'suppressed', message: 'Noise.' });
      return;
    }
    session.events.push({
      kind: 'final',
      ...place,
      utterance: heard.utterances[track] ?? 0,
      text: samples.join(' '),
      segments: [],
      language: 'en',
      provider: 'recognizer',
      model: 'numbers',
      variant: 'f16',
      timings: { queueSeconds: 0, decodeSeconds: 0, latencySeconds: 0 },
      isForced: false,
      isLate: false,
    });
  }

  #end(session: Session): void {
    for (const heard of session.heard.filter((each) => each.isEnding && !each.hasEnded)) {
      for (const track of heard.toldFrames.keys()) this.#tell(session, heard, track, Number.POSITIVE_INFINITY);
      heard.hasEnded = true;
      session.events.push({ kind: 'end', sequence: session.events.length + 1, source: heard.name, sources: [] });
    }
    if (!session.isEnding || session.events.some((event) => event.kind === 'end' && event.source === undefined)) return;
    if (!session.heard.every(({ hasEnded }) => hasEnded))
      throw new Error('The end came before the ends of the sources.');
    session.events.push({ kind: 'end', sequence: session.events.length + 1, sources: [] });
  }

  #receipts(session: Session) {
    return session.heard.map(({ samples, toldFrames, sampleRate }, id) => ({
      id,
      receivedBytes: 2 * samples.length,
      settledSeconds: Math.min(...toldFrames) / sampleRate,
    }));
  }

  #heard(id: number): Heard {
    const heard = this.#session?.heard[id];
    if (!heard) throw new Error(`There is no source ${id}.`);
    return heard;
  }

  #write(id: number, fromByte: number, samples: readonly number[]): void {
    const heard = this.#heard(id);
    const known = heard.samples.length - fromByte / 2;
    if (known < 0) throw new Error(`Byte ${2 * heard.samples.length} is next, not ${fromByte}.`);
    heard.samples.push(...samples.slice(known));
  }
}
