import { type LiveFormat, trackCount } from '../dist/provider/stream-format.js';
import { shedPolicies } from '../dist/scheduler/shed-policy.js';
import type { SourceOptions } from '../dist/session/source-options.js';
import type { Chance } from './chance.js';
import { FuzzedSession } from './fuzzed-session.js';
import { allow, FuzzedSource } from './fuzzed-source.js';
import { LiveWorld, settled, type WorldOptions } from './live-world.js';
import { ScriptedSpool } from './scripted-spool.js';
import type { ScriptedDecode } from './unit/scripted-slots.js';

const telephone: LiveFormat = { encoding: 'mulaw', sampleRate: 8000 };
const mono: readonly LiveFormat[] = [
  telephone,
  telephone,
  telephone,
  telephone,
  { encoding: 'alaw', sampleRate: 16_000 },
  { encoding: 's16le', sampleRate: 16_000 },
  { encoding: 'f32le', sampleRate: 48_000 },
  { encoding: 's16le', sampleRate: 8000, channels: 2, channelMode: 'mix' },
];
const split: readonly LiveFormat[] = [
  { encoding: 'mulaw', sampleRate: 8000, channels: 2, channelMode: 'split' },
  { encoding: 's16le', sampleRate: 16_000, channels: 2, channelMode: 'split' },
];

/** What can happen, and how often. */
const steps = {
  addSource: 3,
  write: 22,
  tryWrite: 6,
  writeInTime: 3,
  flood: 0.7,
  endSource: 1,
  abortSource: 0.5,
  changeFormat: 1,
  changePlan: 2,
  finish: 18,
  finishSilent: 1,
  fail: 1.5,
  die: 2,
  hear: 10,
  deafen: 1,
  spool: 3,
  spoolFails: 0.5,
  wait: 6,
  jump: 0.5,
  read: 3,
  follow: 1,
  detach: 0.7,
  resume: 0.7,
  endSession: 0.3,
  abortSession: 0.3,
  openSession: 1,
} as const;

/** A world in which anything can happen at any time. */
export class LiveFuzz {
  readonly #chance: Chance;
  readonly #world: LiveWorld;
  readonly #sessions: FuzzedSession[] = [];
  readonly #taken: string[] = [];
  /** How often what was told, by kind. */
  readonly #tally: Map<string, number>;

  constructor(chance: Chance, options: WorldOptions, tally = new Map<string, number>()) {
    this.#chance = chance;
    this.#tally = tally;
    this.#world = new LiveWorld({ slots: 1 + chance.below(3), sessionLimit: 2, ...options });
    this.#world.ears.answersAtOnce = chance.happens(0.3);
    this.#world.ears.delayFrames = chance.of([0, 0, 20]) ?? 0;
    const { spool } = this.#world;
    if (spool instanceof ScriptedSpool) spool.answersAtOnce = chance.happens(0.5);
    this.#openSession();
    this.#addSource();
  }

  /** What happened, for who reads a failure. */
  get story(): string {
    return `Steps: ${this.#taken.join(' ')}.`;
  }

  step(): void {
    const step = this.#chance.weighted(steps);
    this.#taken.push(step);
    this.#does[step]();
  }

  look(): void {
    if (this.#world.wrong.length > 0) throw this.#world.wrong[0];
    const { slots, buffers } = this.#world;
    const [wrong] = [...slots.wrong, ...buffers.wrong];
    if (wrong !== undefined) throw new Error(wrong);
    for (const { sources } of this.#sessions) for (const source of sources) source.look();
  }

  /** Ends everything, and looks at what is left. */
  async end(breath: () => Promise<void> = settled): Promise<void> {
    for (const { session, readers } of this.#sessions) {
      this.#world.promised('end of a session', session.end());
      for (const reader of readers) {
        const read = reader.readToEnd();
        this.#world.promised('the rest of the events', read);
        void read.then(
          (last) =>
            last !== session.lastSequence && this.#world.wrong.push(new Error('A reader did not get to the end.')),
          (error: unknown) => this.#world.wrong.push(error),
        );
      }
    }
    await this.#world.finishEverything(async () => {
      if (this.#world.spool instanceof ScriptedSpool) this.#world.spool.proceed();
      await breath();
    });
    this.look();
    this.#world.expectNothingLeft();
    for (const { sources } of this.#sessions) for (const source of sources) source.lookAtEnd();
    if (this.#world.ended.length !== this.#sessions.length) throw new Error('A session did not end, or ended twice.');
  }

  readonly #does: Readonly<Record<keyof typeof steps, () => void>> = {
    openSession: () => this.#openSession(),
    addSource: () => this.#addSource(),
    write: () => this.#someSource()?.write('write'),
    tryWrite: () => this.#someSource()?.write('tryWrite'),
    writeInTime: () => this.#someSource()?.write('write in time'),
    flood: () => {
      const source = this.#someSource();
      for (let write = 0; write < 10; write += 1) source?.write('write', 4);
    },
    endSource: () => this.#someSource()?.end(),
    abortSource: () => this.#someSource()?.abort(),
    changeFormat: () => this.#changeFormat(),
    changePlan: () => this.#chance.of(this.#sessions)?.session.follow(this.#plan(), 'It is another.'),
    finish: () => this.#withDecode((decode) => this.#world.slots.finish(decode)),
    finishSilent: () => this.#withDecode((decode) => this.#world.slots.finish(decode, '')),
    fail: () => this.#withDecode((decode) => this.#world.slots.fail(decode)),
    die: () => this.#withDecode((decode) => decode.die()),
    hear: () => this.#world.ears.answer(1 + this.#chance.below(3)),
    deafen: () => {
      this.#world.deaths += 1;
      this.#world.ears.die();
    },
    spool: () => this.#scriptedSpool?.proceed(),
    spoolFails: () => {
      if (this.#scriptedSpool) this.#scriptedSpool.failures += 1;
    },
    wait: () => this.#world.clock.advance(this.#chance.next() * 3),
    jump: () => this.#world.clock.advance(this.#chance.of([61, 600, 86_400]) ?? 0),
    follow: () => this.#chance.of(this.#sessions)?.follow(this.#chance),
    read: () => {
      const reader = this.#chance.of(this.#sessions.flatMap(({ readers }) => readers));
      if (reader) this.#world.promised('event for a reader', reader.read());
    },
    detach: () => this.#chance.of(this.#sessions)?.detach(),
    resume: () => this.#chance.of(this.#sessions)?.resume(this.#world.desk),
    endSession: () => this.#endSession('end'),
    abortSession: () => this.#endSession('abort'),
  };

  #withDecode(end: (decode: ScriptedDecode) => void): void {
    const decode = this.#chance.of(this.#world.slots.running);
    if (decode) end(decode);
  }

  get #scriptedSpool(): ScriptedSpool | undefined {
    const { spool } = this.#world;
    return spool instanceof ScriptedSpool ? spool : undefined;
  }

  #openSession(): void {
    try {
      this.#world.desk.requirePlace();
    } catch (error) {
      allow(error, 'SESSION_LIMIT');
      return;
    }
    const session = this.#world.open(this.#plan(), (event) => {
      try {
        fuzzed.note(event, this.#tally);
      } catch (error) {
        this.#world.wrong.push(error);
      }
    });
    const fuzzed = new FuzzedSession(session);
    this.#sessions.push(fuzzed);
  }

  #addSource(): void {
    const fuzzed = this.#chance.of(this.#sessions);
    const format = this.#chance.of(this.#chance.happens(0.2) ? split : mono);
    if (!fuzzed || !format) return;
    try {
      const options = this.#options(format);
      const source = fuzzed.session.addSource(this.#chance.of(['mic', 'caller', 'system']) ?? '', options);
      fuzzed.sources.push(new FuzzedSource(source, options, this.#chance, this.#world));
    } catch (error) {
      allow(error, 'SESSION_ENDED', 'SOURCE_EXISTS');
    }
  }

  #options(format: LiveFormat): SourceOptions {
    const hangoverSeconds = this.#chance.of([0.25, 0.6, 5]) ?? 0.6;
    return {
      format,
      priority: this.#chance.of(['critical', 'normal', 'background'] as const),
      weight: this.#chance.of([0.5, 1, 2]),
      vad: {
        hangoverSeconds,
        preRollSeconds: this.#chance.of([0, 0.35, 1]),
      },
      queue: { chunks: this.#chance.of([1, 2, 5]) ?? 1, seconds: Math.ceil(19 + hangoverSeconds) },
      shed: this.#chance.of(Object.values(shedPolicies)),
    };
  }

  #plan() {
    return {
      chunkSeconds: this.#chance.of([2, 4, 8, Number.POSITIVE_INFINITY]) ?? 4,
      partialEverySeconds: this.#chance.of([undefined, 0.2, 1]),
      encoderContext: this.#chance.of(['sized', 'full'] as const) ?? 'sized',
      beamSize: 1,
    };
  }

  /** Any of them, those that have ended, too: what is wrong to do is done. */
  #someSource(): FuzzedSource | undefined {
    const sources = this.#sessions.flatMap((fuzzed) => fuzzed.sources);
    const open = sources.filter(({ source }) => !source.hasEnded);
    return this.#chance.of(open.length > 0 && this.#chance.happens(0.98) ? open : sources);
  }

  #changeFormat(): void {
    const source = this.#someSource();
    const format = this.#chance.of(source && trackCount(source.format) > 1 ? split : mono);
    if (format) source?.changeFormat(format);
  }

  #endSession(how: 'end' | 'abort'): void {
    const fuzzed = this.#chance.of(this.#sessions);
    if (!fuzzed) return;
    if (how === 'abort') for (const source of fuzzed.sources) source.cutShort();
    this.#world.promised(`${how} of a session`, fuzzed.session[how]());
  }
}
