import type { Clock } from '../clock.js';
import type { PcmBuffers } from '../pool/pcm-buffers.js';
import { sampleRate } from '../provider/audio-format.js';
import type { Chunk } from '../provider/recognition.js';
import type { Lane } from '../scheduler/scheduler.js';
import type { Ticket, Work } from '../scheduler/work.js';
import type { LivePlan } from './live-plan.js';
import { type Piece, speechEnd } from './piece.js';
import type { Teller } from './teller.js';

/** A text is wanted this long after it was asked for. */
const dueSeconds = 1;

export interface ChunkMakerOptions {
  readonly lane: Lane;
  readonly buffers: PcmBuffers;
  readonly clock: Clock;
  readonly plan: () => LivePlan;
  readonly decoding: Pick<Chunk, 'translate' | 'words'>;
  readonly teller: Teller;
  /** Called when a ticket has settled. */
  readonly onSettled: () => void;
}

/** What a piece is decoded for. */
export interface Purpose {
  readonly kind: Work['kind'];
  /** Its text will never be the final one. */
  readonly isPassing: boolean;
}

/** Makes a piece of a track into work, and into a chunk when a slot takes it: by the plan and the prompt of that moment. */
export class ChunkMaker {
  readonly #options: ChunkMakerOptions;
  /** The memory of what slots decode now. */
  readonly #taken = new WeakMap<Work, Float32Array>();

  constructor(options: ChunkMakerOptions) {
    this.#options = options;
  }

  /** @param audio - gives the piece's audio, in memory that it makes over */
  work(piece: Piece, { kind, isPassing }: Purpose, audio: () => Float32Array): Work {
    const work: Work = {
      kind,
      audioSeconds: (piece.endSample - piece.startSample) / sampleRate,
      dueAtSeconds: this.#options.clock.nowSeconds() + dueSeconds,
      chunk: () => {
        const pcm = audio();
        this.#taken.set(work, pcm);
        return this.#chunk(piece, isPassing, pcm);
      },
    };
    return work;
  }

  /** The memory of the chunk is given back when it has been decoded. */
  submit(work: Work): Ticket {
    const { lane, buffers, onSettled } = this.#options;
    const ticket = lane.submit(work);
    const giveBack = () => {
      const pcm = this.#taken.get(ticket.work);
      if (pcm) buffers.give(pcm);
      onSettled();
    };
    ticket.outcome.then(giveBack, giveBack);
    return ticket;
  }

  #chunk(piece: Piece, isPassing: boolean, pcm: Float32Array): Chunk {
    const { plan, decoding, teller } = this.#options;
    const { encoderContext, beamSize } = plan();
    return {
      pcm,
      speechEndSeconds: (speechEnd(piece) - piece.startSample) / sampleRate,
      language: teller.language,
      translate: decoding.translate,
      prompt: teller.prompt.textAt(piece.startSample / sampleRate),
      words: decoding.words && !isPassing,
      beamSize,
      encoderContext,
      // The next partial is better than a late one; a final is worth one more decode.
      onDoubt: isPassing ? 'keep' : 'widen',
      deadlineAtSeconds: Number.POSITIVE_INFINITY,
    };
  }
}
