import { EngineError } from '../../errors.js';
import { bytesPerFrame } from '../../provider/stream-format.js';
import type { Session } from '../../session/session.js';
import type { Source } from '../../session/source.js';
import type { AudioFrame } from '../../wire/audio-frame.js';
import type { ClientMessage } from '../../wire/live-messages.js';

export type SourceMessage = Extract<ClientMessage, { readonly kind: 'source' }>;

/** Who was offline for longer has no session any more. */
const longestLossSeconds = 3_600;
/** Limits of what waits here for one client, in the memory of all. */
const longestQueueSeconds = 600;

/** Zero, as each encoding writes it. */
const silences = { s16le: 0, f32le: 0, mulaw: 0xff, alaw: 0xd5 } as const;

/** A source as its client numbers it: every byte comes in once, in order, over however many connections. */
export class CallSource {
  readonly #message: SourceMessage;
  readonly #source: Source;
  #receivedBytes = 0;
  #endsAtByte = Number.POSITIVE_INFINITY;

  /** @throws EngineError `OPTION_INVALID`, `AUDIO_INVALID`, `SOURCE_EXISTS`, `SESSION_ENDED` */
  constructor(message: SourceMessage, session: Session) {
    const { name, options } = message;
    if ((options.queue?.seconds ?? 0) > longestQueueSeconds) {
      throw new EngineError('OPTION_INVALID', `\`queue.seconds\` is at most ${longestQueueSeconds} over a network.`);
    }
    this.#message = message;
    this.#source = session.addSource(name, options);
  }

  /** Of its bytes, all before this were taken. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get settledSeconds(): number {
    return this.#source.ledger.settledSeconds;
  }

  get name(): string {
    return this.#source.name;
  }

  /** Its client has said where it ends. */
  get isEndedByClient(): boolean {
    return this.#endsAtByte !== Number.POSITIVE_INFINITY;
  }

  get isOpen(): boolean {
    return this.#source.isOpen;
  }

  /** Whether a message that announces a source announces this one again. */
  isAnnouncedBy(message: SourceMessage): boolean {
    return JSON.stringify(message) === JSON.stringify(this.#message);
  }

  /** What of it is new. @throws EngineError `PROTOCOL_BROKEN`, `AUDIO_INVALID` */
  async hear({ fromByte, audio }: AudioFrame): Promise<void> {
    const known = this.#known(fromByte, fromByte + audio.length);
    if (known < audio.length) await this.#write(audio.subarray(known));
  }

  /** Silence stands for what did not come. @throws EngineError `PROTOCOL_BROKEN` */
  async lose(fromByte: number, toByte: number): Promise<void> {
    const { format } = this.#source.options;
    const bytesPerSecond = format.sampleRate * bytesPerFrame(format);
    if (toByte - fromByte > longestLossSeconds * bytesPerSecond) {
      throw this.#broken(`at most ${longestLossSeconds} s can be lost at once`);
    }
    const known = this.#known(fromByte, toByte);
    const piece = new Uint8Array(bytesPerSecond).fill(silences[format.encoding]);
    for (let left = toByte - fromByte - known; left > 0; left -= piece.length) {
      await this.#write(piece.subarray(0, Math.min(left, piece.length)));
    }
  }

  /** @throws EngineError `PROTOCOL_BROKEN` */
  end(atByte: number): void {
    if (atByte === this.#endsAtByte) return;
    if (this.isEndedByClient) throw this.#broken(`its end was at byte ${this.#endsAtByte}`);
    if (atByte !== this.#receivedBytes)
      throw this.#broken(`byte ${this.#receivedBytes} is next, not its end at ${atByte}`);
    this.#endsAtByte = atByte;
    void this.#source.end();
  }

  /** How many bytes of this stretch are here already. */
  #known(fromByte: number, toByte: number): number {
    const frameBytes = bytesPerFrame(this.#source.options.format);
    if (toByte < fromByte || fromByte % frameBytes !== 0 || toByte % frameBytes !== 0) {
      throw this.#broken(`bytes ${fromByte} to ${toByte} are not whole samples of ${frameBytes} bytes`);
    }
    if (fromByte > this.#receivedBytes) {
      throw this.#broken(`byte ${this.#receivedBytes} is next, not ${fromByte}; say what was lost`);
    }
    if (toByte > this.#endsAtByte) throw this.#broken(`its end was at byte ${this.#endsAtByte}`);
    return Math.min(this.#receivedBytes, toByte) - fromByte;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      if (!this.#source.tryWrite(bytes)) await this.#source.write(bytes);
    } catch (error) {
      // One that ended by itself has said so in its events; what its client still sends is for nobody.
      if (this.#source.isOpen) throw error;
    }
    this.#receivedBytes += bytes.length;
  }

  #broken(what: string): EngineError {
    return new EngineError('PROTOCOL_BROKEN', `Of source ${this.#message.id}, ${what}.`);
  }
}
