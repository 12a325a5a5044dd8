import type { AudioStream } from '../pool/listener.js';
import type { PcmBuffers } from '../pool/pcm-buffers.js';
import { sampleRate } from '../provider/audio-format.js';
import type { DecodingModel } from '../provider/decode.js';
import type { Chunk } from '../provider/recognition.js';
import type { Decoded, Lane } from '../scheduler/scheduler.js';
import type { Segment, Transcript, Used } from '../transcript/transcript.js';
import { PcmWindow } from './pcm-window.js';
import { type Piece, PieceCutter, type Stretch } from './piece-cutter.js';
import { Timeline } from './timeline.js';
import { TripWire } from './trip-wire.js';

/** How far a transcription has come, in seconds of its input. */
export interface Progress {
  /** Everything before this is final. */
  readonly doneSeconds: number;
  /** Length of the input; unknown until its end has been read. */
  readonly totalSeconds: number | undefined;
  /** `doneSeconds` over `totalSeconds`, 0 … 1. */
  readonly fraction: number | undefined;
}

export interface TranscriptionOptions {
  readonly chunk: Omit<Chunk, 'pcm' | 'speechEndSeconds'>;
  readonly buffers: PcmBuffers;
  /** Pieces that are kept waiting or running, so that no slot is idle and memory stays bounded. */
  readonly piecesAhead: number;
  readonly onSegment?: ((segment: Segment) => void) | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** One input on its way to text: read in blocks, cut at pauses, decoded on all slots, put back in order. */
export class Transcription {
  readonly timeline = new Timeline();
  language: string;
  languageProbability: number | undefined;
  durationSeconds = 0;
  audioSeconds = 0;
  vadSeconds = 0;
  queueSeconds = 0;
  decodeSeconds = 0;
  pieces = 0;
  retries = 0;
  encoderContext = 0;

  /** What decoded its pieces, latest last; more than one when the engine switched meanwhile, or another provider took over. */
  readonly #models = new Map<string, DecodingModel & { readonly provider: string }>();
  readonly #stream: AudioStream;
  readonly #lane: Lane;
  readonly #options: TranscriptionOptions;
  readonly #tripWire = new TripWire();
  readonly #pcm: PcmWindow;
  /** Pieces under way, oldest first. */
  readonly #underWay: { readonly piece: Piece; readonly pcm: Float32Array; readonly decoded: Promise<Decoded> }[] = [];
  #isRead = false;
  /** Pieces that are not under way yet begin here, at the earliest. */
  #cutSample = 0;
  #doneSample = 0;

  constructor(stream: AudioStream, lane: Lane, options: TranscriptionOptions) {
    this.#stream = stream;
    this.#lane = lane;
    this.#options = options;
    this.#pcm = new PcmWindow(options.buffers);
    this.language = options.chunk.language;
  }

  /** Whether the transcript is to have words. */
  get hasWords(): boolean {
    return this.#options.chunk.words;
  }

  /** Runs to the end of the input. Rejects with the first error; what is still under way is then the lane's to stop. */
  async run(): Promise<void> {
    let cutter: PieceCutter | undefined;
    while (!this.#isRead) {
      const block = await this.#stream.read(this.#options.buffers.take());
      this.#isRead = block.isLast;
      this.audioSeconds += block.audioSeconds;
      this.vadSeconds += block.vadSeconds;
      this.#pcm.add(block.pcm);
      this.durationSeconds = this.#pcm.endSample / sampleRate;
      cutter ??= new PieceCutter(block.windowSamples, sampleRate);
      const pieces = cutter.push(block.probabilities);
      for (const piece of pieces) await this.#submit(piece);
      if (this.#isRead) for (const piece of cutter.end(this.#pcm.endSample)) await this.#submit(piece);
      this.#pcm.dropBefore(cutter.neededFromSample);
      this.#cutSample = this.#isRead ? this.#pcm.endSample : cutter.neededFromSample;
      this.#report();
    }
    while (this.#underWay.length > 0) await this.#settleOldest();
  }

  /** Gives back what memory it still has, when no slot works for it any more. */
  release(): void {
    for (const { pcm } of this.#underWay.splice(0)) this.#options.buffers.give(pcm);
    this.#pcm.dropBefore(Number.POSITIVE_INFINITY);
  }

  /** The result, when the run is over: `used` did it, in `totalSeconds` of wall time. */
  transcript(used: Used, totalSeconds: number): Transcript {
    const { timeline, language, languageProbability, durationSeconds, decodeSeconds } = this;
    return {
      text: timeline.text,
      // Nobody spoke, so there was nothing to detect: “undetermined” in BCP 47.
      language: language === 'auto' ? 'und' : language,
      ...(languageProbability !== undefined && { languageProbability }),
      task: this.#options.chunk.translate ? 'translate' : 'transcribe',
      durationSeconds,
      segments: timeline.segments,
      ...(this.hasWords && { words: timeline.words }),
      timings: {
        totalSeconds,
        audioSeconds: this.audioSeconds,
        vadSeconds: this.vadSeconds,
        queueSeconds: this.queueSeconds,
        decodeSeconds,
        rtf: durationSeconds > 0 ? decodeSeconds / durationSeconds : 0,
        pieces: this.pieces,
        retries: this.retries,
        encoderContext: this.encoderContext,
      },
      used: this.#used(used),
    };
  }

  #decodedBy(model: DecodingModel, provider = 'whisper-cpp'): void {
    const key = JSON.stringify([provider, model.path]);
    this.#models.delete(key);
    this.#models.set(key, { ...model, provider });
  }

  /** `used` as it was when the last piece was decoded. */
  #used(used: Used): Used {
    const models = [...this.#models.values()];
    const last = models.pop();
    if (!last) return used;
    const earlier = models.map(({ provider, name, variant }) => ({ provider, model: name, variant }));
    return {
      ...used,
      provider: last.provider,
      model: last.name,
      variant: last.variant,
      modelPath: last.path,
      ...(earlier.length > 0 && { earlierModels: earlier }),
    };
  }

  async #submit(piece: Piece): Promise<void> {
    const pcm = this.#pcm.slice(piece.startSample, piece.endSample);
    const chunk: Chunk = {
      ...this.#options.chunk,
      language: this.language,
      encoderContext: this.#tripWire.allowed(this.#options.chunk.encoderContext),
      pcm,
      speechEndSeconds: ((piece.speech.at(-1) ?? piece).endSample - piece.startSample) / sampleRate,
    };
    const { outcome } = this.#lane.submit({
      kind: 'piece',
      audioSeconds: pcm.length / sampleRate,
      dueAtSeconds: Number.POSITIVE_INFINITY,
      chunk: () => chunk,
    });
    this.#underWay.push({ piece, pcm, decoded: outcome });
    // The first piece decides the language of all others.
    const isLocked = this.language !== 'auto';
    while (this.#underWay.length >= (isLocked ? this.#options.piecesAhead : 1)) await this.#settleOldest();
  }

  async #settleOldest(): Promise<void> {
    const [oldest] = this.#underWay;
    if (!oldest) return;
    const { provider, model, recognition, queueSeconds } = await oldest.decoded;
    if (this.#underWay.shift() !== oldest) return; // given back meanwhile: nobody waits for the text
    this.#options.buffers.give(oldest.pcm);
    this.#cutSample = Math.max(this.#cutSample, oldest.piece.endSample);
    const place = { ...inSeconds(oldest.piece), speech: oldest.piece.speech.map(inSeconds) };
    this.language = recognition.language;
    this.languageProbability ??= recognition.languageProbability;
    this.queueSeconds += queueSeconds;
    this.decodeSeconds += recognition.decodeSeconds;
    this.pieces += 1;
    if (model) this.#decodedBy(model, provider);
    this.encoderContext = Math.max(this.encoderContext, recognition.encoderContext);
    if (recognition.retriedBecause !== undefined) {
      this.retries += 1;
      this.#tripWire.trip(place.startSeconds);
    }
    for (const segment of this.timeline.add(recognition, place)) this.#options.onSegment?.(segment);
    this.#report();
  }

  #report(): void {
    const [oldest] = this.#underWay;
    this.#doneSample = Math.max(this.#doneSample, oldest?.piece.startSample ?? this.#cutSample);
    const doneSeconds = this.#doneSample / sampleRate;
    const totalSeconds = this.#isRead ? this.durationSeconds : undefined;
    const fraction = totalSeconds === undefined ? undefined : totalSeconds === 0 ? 1 : doneSeconds / totalSeconds;
    this.#options.onProgress?.({ doneSeconds, totalSeconds, fraction });
  }
}

function inSeconds({ startSample, endSample }: Stretch) {
  return { startSeconds: startSample / sampleRate, endSeconds: endSample / sampleRate };
}
