import type { Clock } from '../../clock.js';
import { EngineError } from '../../errors.js';
import { sampleRate } from '../../provider/audio-format.js';
import type { Lane } from '../../scheduler/scheduler.js';
import { shedPolicies } from '../../scheduler/shed-policy.js';
import type { Priority, Ticket, Work } from '../../scheduler/work.js';
import { Ledger } from '../../session/ledger.js';
import { type Piece, speechEnd } from '../../session/piece.js';
import { QueueRoom } from '../../session/queue-room.js';
import type { QueueLimits } from '../../session/source-options.js';
import { Utterance } from '../../session/utterance.js';
import type { Service } from '../rung.js';
import { LatePieces } from './late-pieces.js';
import type { Told } from './simulation-books.js';
import { type CutPlan, type TalkCut, TalkCutter } from './talk-cutter.js';
import { TellingOrder } from './telling-order.js';
import { UtteranceShare } from './utterance-share.js';

export interface SimulatedSourceOptions {
  readonly name: string;
  readonly priority: Priority;
  readonly clock: Clock;
  readonly lane: Lane;
  readonly lateLane: Lane;
  readonly limits: QueueLimits;
  readonly plan: () => CutPlan;
  readonly service: () => Service;
  readonly work: (kind: Work['kind'], audioSeconds: number) => Work;
  /** From 0.5 to 1, see `TalkCutter`. */
  readonly placeToCut: () => number;
  readonly tell: (told: Told) => void;
}

/** Below this part of its limit the queue has room for what waits on disk. */
const catchUpBelow = 0.25;

/** One live source of a simulation: talk in, work for the scheduler out, and the session's own books. */
export class SimulatedSource {
  readonly name: string;
  readonly priority: Priority;
  readonly ledger = new Ledger();
  readonly #options: SimulatedSourceOptions;
  readonly #startSample: number;
  readonly #cutter: TalkCutter;
  readonly #share: UtteranceShare;
  readonly #room: QueueRoom;
  readonly #order: TellingOrder;
  readonly #late: LatePieces;
  #growing: Utterance | undefined;
  #utterances = 0;
  #sortedSample = 0;
  #hasLeft = false;
  #cancelCut: () => void = () => undefined;
  #cancelSpeech: () => void = () => undefined;

  constructor(options: SimulatedSourceOptions) {
    const { name, priority, clock, lane, lateLane, limits, placeToCut, work } = options;
    this.name = name;
    this.priority = priority;
    this.#options = options;
    this.#startSample = Math.round(clock.nowSeconds() * sampleRate);
    this.#cutter = new TalkCutter(placeToCut);
    this.#share = new UtteranceShare(clock.nowSeconds());
    this.#room = new QueueRoom({
      lane,
      limits,
      policy: shedPolicies.dropOldest,
      queuedSeconds: () => this.queuedSeconds,
      shed: (ticket) => this.#drop(ticket),
    });
    this.#order = new TellingOrder((piece, fate) => this.#settle(piece, fate));
    this.#late = new LatePieces({
      ledger: this.ledger,
      lane: lateLane,
      work: (piece) => work('final', secondsOf(piece)),
      mayComeBack: () => this.#hasTime(),
      tell: (piece, fate) => this.#settle(piece, fate),
    });
  }

  get queuedSeconds(): number {
    this.#listen();
    return this.ledger.read().queuedSeconds;
  }

  /** Whether `speechShare` is its own, and not what is usual. */
  get isKnown(): boolean {
    return this.#share.isKnown(this.#options.clock.nowSeconds());
  }

  /**
   * The share of its audio that is in utterances, margins included: what decodes are paid for.
   * @param usual - of sources, for one that is new
   */
  speechShare(usual: number): number {
    const nowSeconds = this.#options.clock.nowSeconds();
    const growsSample = this.#cutter.growsFromSample;
    return this.#share.at(nowSeconds, growsSample === undefined ? nowSeconds : this.#secondsAt(growsSample), usual);
  }

  /** Somebody speaks for so long. */
  speak(seconds: number): void {
    if (this.#hasLeft) return;
    this.follow();
    this.#cancelSpeech();
    this.#cutter.speak(this.#nowSample());
    this.#cancelSpeech = this.#options.clock.after(seconds, () => this.#fallSilent());
    this.#arm();
  }

  /** Cuts what is due, by the plan that is in force now. */
  follow(): void {
    if (this.#hasLeft) return;
    const nowSample = this.#listen();
    const { plan } = this.#options;
    for (let cut = this.#cutter.cut(nowSample, plan()); cut; cut = this.#cutter.cut(nowSample, plan())) this.#cut(cut);
    this.#arm();
  }

  /** No more audio comes. */
  leave(): void {
    if (this.#hasLeft) return;
    this.follow();
    this.#cancelSpeech();
    this.#cancelCut();
    const nowSample = this.#listen();
    const last = this.#cutter.end(nowSample);
    if (last) this.#cut(last);
    this.#settleSilence(nowSample);
    this.#hasLeft = true;
  }

  /** There may be time for what waits on disk. */
  catchUp(): void {
    this.#late.catchUp();
  }

  #fallSilent(): void {
    this.follow();
    this.#cutter.fallSilent(this.#nowSample());
    this.#arm();
  }

  #arm(): void {
    this.#cancelCut();
    const next = this.#cutter.nextSample(this.#options.plan());
    if (next === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#options;
    this.#cancelCut = clock.after(this.#secondsAt(next) - clock.nowSeconds(), () => this.follow());
  }

  /** Hears everything up to now. @returns the sample of now */
  #listen(): number {
    const nowSample = this.#nowSample();
    if (this.#hasLeft) return nowSample;
    this.ledger.hear(Math.max(0, nowSample - this.ledger.heardSamples));
    this.#settleSilence(Math.min(nowSample, this.#cutter.settledSample(nowSample)));
    return nowSample;
  }

  #cut({ kind, piece }: TalkCut): void {
    if (kind === 'utterance') {
      this.#share.add(this.#secondsAt(piece.startSample), this.#secondsAt(piece.endSample));
      this.#settleSilence(piece.startSample);
      this.#sortedSample = piece.endSample;
      this.#end(piece, this.#growing);
      this.#growing = undefined;
    } else if (this.#options.service() === 'decoded') {
      this.#growing ??= this.#begin();
      this.#growing.grow(piece, kind === 'pause');
    }
  }

  #begin(): Utterance {
    const { lane, work } = this.#options;
    this.#utterances += 1;
    return new Utterance({
      number: this.#utterances,
      work: (piece, { kind }) => work(kind, secondsOf(piece)),
      submit: (made) => lane.submit(made),
      onPartial: () => undefined,
    });
  }

  #end(piece: Piece, growing: Utterance | undefined): void {
    const service = this.#options.service();
    if (!growing && service === 'spooled') {
      this.#late.add(piece);
      this.#tell('spooled', piece);
    } else if (!growing && service === 'dropped') {
      this.#order.addDropped(piece);
    } else if (this.#room.has(0)) {
      // What a decode was begun for is decoded, whatever the rung.
      const { decoded, ticket } = (growing ?? this.#begin()).end(piece);
      this.#order.add(piece, decoded, ticket);
    } else {
      growing?.end(piece).ticket?.withdraw(noRoom());
      this.#order.addDropped(piece);
    }
  }

  /** The queue is full, and this is what goes. */
  #drop(ticket: Ticket): boolean {
    if (!this.#order.drop(ticket)) return false;
    ticket.withdraw(noRoom());
    return true;
  }

  #settle(piece: Piece, fate: 'final' | 'late' | 'dropped'): void {
    this.ledger.settle(piece.startSample, piece.endSample, fate === 'dropped' ? 'gap' : 'transcribed');
    this.#tell(fate, piece);
    this.catchUp();
  }

  #tell(kind: Told['kind'], piece: Piece): void {
    const afterSeconds = Math.max(0, this.#options.clock.nowSeconds() - this.#secondsAt(speechEnd(piece)));
    this.#options.tell({ kind, audioSeconds: secondsOf(piece), afterSeconds });
  }

  #hasTime(): boolean {
    return this.#hasLeft || this.queuedSeconds <= catchUpBelow * this.#options.limits.seconds;
  }

  #settleSilence(endSample: number): void {
    if (endSample <= this.#sortedSample) return;
    this.ledger.settle(this.#sortedSample, endSample, 'silent');
    this.#sortedSample = endSample;
  }

  /** On the clock's scale. */
  #secondsAt(sample: number): number {
    return (this.#startSample + sample) / sampleRate;
  }

  /** From when it joined. */
  #nowSample(): number {
    return Math.round(this.#options.clock.nowSeconds() * sampleRate) - this.#startSample;
  }
}

function secondsOf({ startSample, endSample }: Piece): number {
  return (endSample - startSample) / sampleRate;
}

function noRoom(): EngineError {
  return new EngineError('CHUNK_SHED', 'The queue of the source was full.');
}
