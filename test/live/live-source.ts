import { expect } from 'vitest';
import type {
  FinalEvent,
  GapEvent,
  LedgerReading,
  LiveEvent,
  LiveFormat,
  Missed,
  Session,
  Source,
} from '../../dist/index.js';
import { sampleRate } from '../../dist/provider/audio-format.js';
import { spoken } from './clips.js';

const encoders: Readonly<Record<LiveFormat['encoding'], (samples: Float32Array) => Uint8Array>> = {
  s16le: (samples) => new Uint8Array(Int16Array.from(samples, integer).buffer),
  f32le: (samples) => new Uint8Array(samples.slice().buffer),
  mulaw: (samples) => Uint8Array.from(samples, (sample) => muLawOf(integer(sample))),
  alaw: (samples) => Uint8Array.from(samples, (sample) => aLawOf(integer(sample))),
};

function integer(sample: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_767)));
}

/** G.711. */
function muLawOf(sample: number): number {
  const magnitude = Math.min(Math.abs(sample), 32_635) + 132;
  const exponent = Math.floor(Math.log2(magnitude)) - 7;
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f));
}

/** G.711. */
function aLawOf(sample: number): number {
  const magnitude = Math.min(Math.abs(sample), 32_767);
  const segment = Math.max(0, Math.floor(Math.log2(magnitude | 1)) - 7);
  const mantissa = (magnitude >> (Math.max(1, segment) + 3)) & 0x0f;
  return ((sample < 0 ? 0 : 0x80) | (segment << 4) | mantissa) ^ 0x55;
}

/** 16 kHz samples as a source of that format is written them; the same on every channel. */
export function encoded(samples: Float32Array, format: LiveFormat): Uint8Array {
  const { encoding, channels = 1 } = format;
  return encoders[encoding](interleaved(...Array.from({ length: channels }, () => atRate(samples, format.sampleRate))));
}

/** Between two samples lies a straight line. Nothing above half the new rate may be in them. */
function atRate(samples: Float32Array, rate: number): Float32Array {
  const step = sampleRate / rate;
  return Float32Array.from({ length: Math.floor(samples.length / step) }, (_, at) => {
    const before = Math.floor(at * step);
    const [one = 0, next = one] = samples.subarray(before, before + 2);
    return one + (next - one) * (at * step - before);
  });
}

/** One sample of each by turns; what is short goes on in silence. */
export function interleaved(...channels: readonly Float32Array[]): Float32Array {
  const length = Math.max(...channels.map((channel) => channel.length));
  return Float32Array.from({ length: length * channels.length }, (_, at) => {
    return channels[at % channels.length]?.[Math.floor(at / channels.length)] ?? 0;
  });
}

/** Writes them in cuts of these lengths, over and over; one of 0 is an empty write. */
export async function writeInCuts(source: Source, bytes: Uint8Array, lengths: readonly number[]): Promise<void> {
  for (let [at, turn] = [0, 0]; at < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 0;
    await source.write(bytes.subarray(at, at + length));
    at += length;
  }
}

/** Everything that a session says, as it comes. */
export class Told {
  readonly events: LiveEvent[] = [];

  constructor(session: Session) {
    for (const kind of ['speech-start', 'partial', 'final', 'gap', 'plan', 'error', 'end'] as const) {
      session.on(kind, (event: LiveEvent) => this.events.push(event));
    }
  }

  of<Kind extends LiveEvent['kind']>(kind: Kind): readonly Extract<LiveEvent, { readonly kind: Kind }>[] {
    return this.events.filter((event): event is Extract<LiveEvent, { readonly kind: Kind }> => event.kind === kind);
  }

  get gaps(): readonly GapEvent[] {
    return this.of('gap');
  }

  finals(source?: string, channel?: number): readonly FinalEvent[] {
    return this.of('final').filter(
      (final) =>
        (source === undefined || final.source === source) && (channel === undefined || final.channel === channel),
    );
  }

  /** What was said, in small letters, without punctuation. */
  text(source?: string, channel?: number): string {
    return spoken(
      this.finals(source, channel)
        .map((final) => final.text)
        .join(' '),
    );
  }

  /** Numbers without a hole, each utterance told once, times that never go back, and one end of everything, at the end. */
  expectSound(): void {
    expect(this.events.map((event) => event.sequence)).toEqual(this.events.map((_, at) => at + 1));
    const ends = this.of('end').filter((end) => end.source === undefined);
    expect(ends).toEqual([this.events.at(-1)]);
    const onTime = this.finals().filter((final) => !final.isLate);
    for (const track of new Set(onTime.map(trackOf))) {
      const finals = onTime.filter((final) => trackOf(final) === track);
      const numbers = finals.map((final) => final.utterance);
      expect(new Set(numbers).size).toBe(numbers.length);
      finals.reduce((before, final) => {
        expect(final.startSeconds).toBeGreaterThanOrEqual(before);
        expect(final.endSeconds).toBeGreaterThan(final.startSeconds);
        return final.endSeconds;
      }, 0);
    }
    for (const { sources } of ends) for (const { ledger } of sources) expectSettled(ledger);
  }
}

function trackOf({ source, channel }: FinalEvent): string {
  return `${source} ${String(channel)}`;
}

/** The books add up at this moment. */
export function expectBalance(ledger: LedgerReading): void {
  const { heardSeconds, transcribedSeconds, silentSeconds, gapSeconds, queuedSeconds, spooledSeconds } = ledger;
  const sum = transcribedSeconds + silentSeconds + gapSeconds + queuedSeconds + spooledSeconds;
  expect(sum).toBeCloseTo(heardSeconds, 9);
  expect(ledger.imbalanceSamples).toBe(0);
}

/** They add up, and nothing is open any more. */
function expectSettled(ledger: LedgerReading): void {
  expectBalance(ledger);
  expect(ledger).toMatchObject({ queuedSeconds: 0, spooledSeconds: 0 });
}

/** Whether an item of an event stream is an event of that kind. */
export function isOf<Kind extends LiveEvent['kind']>(
  item: LiveEvent | Missed,
  kind: Kind,
): item is Extract<LiveEvent, { readonly kind: Kind }> {
  return item.kind === kind;
}

/** Resolves with the next event of a kind. */
export function nextOf<Kind extends LiveEvent['kind']>(
  session: Session,
  kind: Kind,
): Promise<Extract<LiveEvent, { readonly kind: Kind }>> {
  return new Promise((resolve) => {
    const listener = (event: LiveEvent) => {
      session.off(kind, listener);
      if (isOf(event, kind)) resolve(event);
    };
    session.on(kind, listener);
  });
}
