import { EngineError } from '../errors.js';
import { sampleRate } from '../provider/audio-format.js';
import type { Decode, SlotOutcome } from '../provider/decode.js';
import type { Chunk } from '../provider/recognition.js';
import { textOf } from '../transcript/text-of.js';
import { wordDifference } from '../transcript/word-difference.js';

/** What another provider makes of the same audio. */
export interface Comparison {
  readonly audioSeconds: number;
  readonly provider: string;
  readonly text: string;
  readonly decodeSeconds: number;
  /** What gave the text that counts. */
  readonly servingProvider: string;
  readonly servingText: string;
  readonly servingDecodeSeconds: number;
  /** Words that differ over words, 0 … 1. */
  readonly wordDifference: number;
}

export interface SecondOpinionOptions {
  readonly name: string;
  readonly decode: (chunk: Chunk) => Decode;
  /** Of the chunks, 0 … 1. */
  readonly share: number;
  readonly onComparison: (comparison: Comparison) => void;
  readonly onFailure: (error: EngineError) => void;
}

/** Lets another provider decode some of the chunks, too, one at a time, in memory of its own: nobody waits for it. */
export class SecondOpinion {
  readonly #options: SecondOpinionOptions;
  /** Chunks that are owed a look; it looks when there is a whole one. */
  #due = 0;
  #underWay: Decode | undefined;
  #isClosed = false;

  constructor(options: SecondOpinionOptions) {
    this.#options = options;
  }

  /** To be called before the chunk's memory is given back. */
  consider(chunk: Chunk, outcome: SlotOutcome): void {
    // It took over: there is no other text to compare with.
    if (outcome.provider === this.#options.name) return;
    this.#due = Math.min(1, this.#due + this.#options.share);
    if (this.#due < 1 || this.#underWay) return;
    this.#due -= 1;
    void this.#compare({ ...chunk, pcm: new Float32Array(chunk.pcm) }, outcome);
  }

  close(): void {
    this.#isClosed = true;
    this.#underWay?.stop();
  }

  async #compare(chunk: Chunk, { provider = 'whisper-cpp', recognition: serving }: SlotOutcome): Promise<void> {
    const { name, decode, onComparison, onFailure } = this.#options;
    try {
      this.#underWay = decode({ ...chunk, deadlineAtSeconds: Number.POSITIVE_INFINITY });
      const { recognition } = await this.#underWay.outcome;
      const [text, servingText] = [textOf(recognition.segments), textOf(serving.segments)];
      onComparison({
        audioSeconds: chunk.pcm.length / sampleRate,
        provider: name,
        text,
        decodeSeconds: recognition.decodeSeconds,
        servingProvider: provider,
        servingText,
        servingDecodeSeconds: serving.decodeSeconds,
        wordDifference: wordDifference(text, servingText),
      });
    } catch (error) {
      if (this.#isClosed) return;
      onFailure(EngineError.from(error, 'INTERNAL', `${name} could not be compared.`));
    } finally {
      this.#underWay = undefined;
    }
  }
}
