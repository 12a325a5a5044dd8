import { describe, EngineError } from '../errors.js';
import type { HeardBlock } from '../pool/listener.js';
import type { PcmBuffers } from '../pool/pcm-buffers.js';
import { sampleRate } from '../provider/audio-format.js';
import type { Lane } from '../scheduler/scheduler.js';
import type { Ticket } from '../scheduler/work.js';
import { Backlog } from './backlog.js';
import { ChunkMaker } from './chunk-maker.js';
import type { Ledger } from './ledger.js';
import type { SourceSummary } from './live-events.js';
import type { LivePlan } from './live-plan.js';
import { PcmWindow } from './pcm-window.js';
import { type Piece, speechEnd } from './piece.js';
import type { Service } from './service.js';
import type { Spool } from './spool.js';
import { StallWatch } from './stall-watch.js';
import { type Ended, Teller, type TellerOptions } from './teller.js';
import { TellingOrder, type Undecided } from './telling-order.js';
import { Utterance } from './utterance.js';
import { type Cut, type CutSettings, UtteranceCutter } from './utterance-cutter.js';

/** Speech that a first partial needs: less gives no word that stays. */
const firstPartialSeconds = 0.8;
/** Samples of one probability at 16 kHz. */
const windowSamples = 512;

export interface TrackOptions extends TellerOptions {
  readonly lane: Lane;
  /** For what comes back from disk. */
  readonly lateLane: Lane;
  readonly spool: Spool;
  readonly buffers: PcmBuffers;
  readonly vad: Omit<CutSettings, 'chunkSeconds'> & { readonly stallSeconds: number };
  /** The plan in force; asked anew for every cut and every decode. */
  readonly plan: () => LivePlan;
  /** Asked when an utterance has ended. */
  readonly service: () => Service;
  /** Told of every utterance when it has ended, whatever becomes of it. */
  readonly onUtterance?: ((source: string, channel: number | undefined, ended: Ended) => void) | undefined;
  /** Called whenever something was told, or left the queue. */
  readonly onSettled: () => void;
}

type Pending = Ended & Undecided;

/** One channel of a source: audio in, events out. */
export class Track {
  readonly #options: TrackOptions;
  readonly #teller: Teller;
  readonly #chunks: ChunkMaker;
  readonly #pcm: PcmWindow;
  readonly #cutter = new UtteranceCutter(windowSamples, sampleRate);
  readonly #backlog: Backlog<Ended>;
  /** Utterances that have ended. */
  readonly #order: TellingOrder<Pending>;
  readonly #stall: StallWatch;
  /** The utterance that grows. */
  #growing: Utterance | undefined;
  #utterances = 0;
  /** End of the speech that a decode was last asked for. */
  #askedSample = 0;
  /** Before this, silence and utterances are told apart for good. */
  #sortedSample = 0;

  constructor(options: TrackOptions) {
    const { buffers, spool, lateLane, onSettled } = options;
    this.#options = options;
    this.#teller = new Teller(options);
    this.#chunks = new ChunkMaker({ ...options, teller: this.#teller });
    this.#pcm = new PcmWindow(buffers);
    this.#backlog = new Backlog<Ended>({
      spool,
      lane: lateLane,
      buffers,
      work: ({ piece }, pcm) => this.#chunks.work(piece, { kind: 'final', isPassing: false }, () => pcm),
      onBack: ({ startSample, endSample }) => this.#teller.ledger.unspool(startSample, endSample),
      onDecoded: (ended, decoded) => {
        this.#teller.tellFinal(ended, decoded);
        onSettled();
      },
      onLost: (ended, error, where) => {
        if (where === 'decode') this.#teller.tellFailure(ended, error);
        else this.#teller.tellGap(ended, 'spool-failed', describe(error));
        onSettled();
      },
    });
    this.#order = new TellingOrder({
      onDecoded: (ended, decoded) => this.#tell(() => this.#teller.tellFinal(ended, decoded)),
      onFailed: (ended, error) => this.#tell(() => this.#teller.tellFailure(ended, error)),
      onDefect: (error) => this.#teller.tellDefect(error),
    });
    this.#stall = new StallWatch(options.clock, options.vad.stallSeconds, () => this.#rest());
  }

  get ledger(): Ledger {
    return this.#teller.ledger;
  }

  get summary(): SourceSummary {
    return this.#teller.summary;
  }

  /** Audio up to `endSample` has come, and will be heard. */
  arrive(endSample: number, atSeconds: number): void {
    this.#teller.arrivals.add(endSample, atSeconds);
    this.#stall.touch();
  }

  /** Takes the next audio. */
  hear({ pcm, probabilities }: HeardBlock): void {
    this.#teller.ledger.hear(pcm.length);
    this.#pcm.add(pcm);
    const settings = { ...this.#options.vad, chunkSeconds: this.#options.plan().chunkSeconds };
    for (const cut of this.#cutter.push(probabilities, settings)) this.#cut(cut);
    this.#settleSilence(this.#cutter.settledSample);
    this.#askForPartial();
    this.#forget();
  }

  /** No more audio comes. Resolves when everything is told. */
  async end(): Promise<void> {
    for (const cut of this.#cutter.end(this.#pcm.endSample)) this.#cut(cut);
    this.#settleSilence(this.#pcm.endSample);
    this.#stall.stop();
    await this.#order.idle();
    await this.#backlog.drain();
    this.#forget();
  }

  /** Gives up the utterance that `ticket` stands for, or writes it to disk. @returns false when it is none of this track's */
  shed(ticket: Ticket, how: 'drop' | 'spool'): boolean {
    const shed = this.#order.remove(ticket);
    if (!shed) return false;
    const reason = new EngineError('CHUNK_SHED', 'The queue of the source was full.');
    ticket.withdraw(reason);
    this.#letGo(shed, how === 'drop' ? 'dropped' : 'spooled', reason.message);
    this.#forget();
    return true;
  }

  /** There is time for what waits on disk. */
  catchUp(): void {
    this.#backlog.catchUp();
  }

  /** Makes a gap of everything that is not told, and of so much that was never heard. The lanes must be stopped and idle. */
  async giveUp(reason: EngineError, unheardSeconds: number): Promise<void> {
    this.#stall.stop();
    await this.#order.idle();
    await this.#backlog.abort();
    const { ledger } = this.#teller;
    ledger.hear(Math.round(unheardSeconds * sampleRate));
    const why = reason.code === 'WORKER_DIED' ? 'listener-restarted' : 'aborted';
    for (const stretch of ledger.queued) this.#teller.tellGap(stretch, why, reason.message);
    this.#pcm.dropBefore(Number.POSITIVE_INFINITY);
  }

  #cut(cut: Cut): void {
    switch (cut.kind) {
      case 'speech-start':
        this.#teller.tellSpeechStart(cut.atSample);
        break;
      case 'pause':
        if (this.#options.plan().partialEverySeconds !== undefined) this.#grow(cut.piece, true);
        break;
      case 'utterance':
        this.#end(cut.piece, cut.isForced);
        break;
      default:
        throw new EngineError('INTERNAL', `There is no such cut: ${JSON.stringify(cut satisfies never)}.`);
    }
  }

  #askForPartial(): void {
    const { partialEverySeconds } = this.#options.plan();
    const { open } = this.#cutter;
    if (partialEverySeconds === undefined || !open) return;
    const asked = this.#growing ? this.#askedSample : (open.speech[0] ?? open).startSample;
    const news = (speechEnd(open) - asked) / sampleRate;
    if (news >= (this.#growing ? partialEverySeconds : firstPartialSeconds)) this.#grow(open, false);
  }

  #grow(piece: Piece, isPause: boolean): void {
    this.#growing ??= this.#begin();
    this.#growing.grow(piece, isPause);
    this.#askedSample = speechEnd(piece);
  }

  #begin(): Utterance {
    this.#utterances += 1;
    const number = this.#utterances;
    return new Utterance({
      number,
      work: (piece, purpose) =>
        this.#chunks.work(piece, purpose, () => this.#pcm.slice(piece.startSample, piece.endSample)),
      submit: (work) => this.#chunks.submit(work),
      onPartial: (piece, decoded) => this.#teller.tellPartial(number, piece, decoded),
    });
  }

  #end(piece: Piece, isForced: boolean): void {
    // What a decode was begun for is decoded.
    const service = this.#growing ? 'decoded' : this.#options.service();
    const utterance = this.#growing ?? this.#begin();
    this.#growing = undefined;
    this.#settleSilence(piece.startSample);
    this.#sortedSample = piece.endSample;
    const { startSample, endSample } = piece;
    const [number, heardAtSeconds] = [utterance.number, this.#teller.arrivals.of(speechEnd(piece))];
    const ended = { utterance: number, piece, isForced, isLate: false, heardAtSeconds, startSample, endSample };
    this.#options.onUtterance?.(this.#options.source, this.#options.channel, ended);
    if (service === 'decoded') this.#order.add({ ...ended, ...utterance.end(piece) });
    else this.#letGo(ended, service, 'Sources of its priority are not decoded now.');
  }

  #letGo(ended: Ended, service: Exclude<Service, 'decoded'>, message: string): void {
    if (service === 'dropped') {
      this.#teller.tellGap(ended, 'shed', message);
      return;
    }
    const { startSample, endSample } = ended;
    this.#teller.ledger.spool(startSample, endSample);
    this.#backlog.add({ ...ended, isLate: true }, this.#pcm.slice(startSample, endSample));
  }

  #tell(tell: () => void): void {
    tell();
    this.#forget();
    this.#options.onSettled();
  }

  /** No audio comes any more, though the source goes on: who spoke has let go of the button. */
  #rest(): void {
    for (const cut of this.#cutter.rest()) this.#cut(cut);
  }

  #settleSilence(endSample: number): void {
    if (endSample <= this.#sortedSample) return;
    this.#teller.ledger.settle(this.#sortedSample, endSample, 'silent');
    this.#sortedSample = endSample;
  }

  /** Gives back the audio that nobody can need any more. */
  #forget(): void {
    const oldest = this.#order.oldest?.startSample ?? Number.POSITIVE_INFINITY;
    const neededSample = Math.min(oldest, this.#cutter.settledSample);
    this.#pcm.dropBefore(neededSample);
    this.#teller.arrivals.forgetBefore(neededSample);
  }
}
