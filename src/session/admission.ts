import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';

/** A write that waits for room. */
interface Write {
  readonly bytes: Uint8Array;
  /** Bytes of it that are accepted. */
  position: number;
  settle(error?: EngineError): void;
}

export interface AdmissionOptions {
  readonly source: string;
  readonly clock: Clock;
  /** Whether so many bytes may come in now; makes room for them if it can. */
  readonly hasRoomFor: (bytes: number) => boolean;
  /** Takes bytes that are its own. */
  readonly accept: (bytes: Uint8Array) => void;
  readonly bytesPerSecond: () => number;
}

/** A longer write is accepted in parts, so that it can wait for room. */
const partSeconds = 1;

/** The door of a source: writes come in one after the other, as far as there is room. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #writes: Write[] = [];
  #isAdmitting = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  get isWaiting(): boolean {
    return this.#writes.length > 0;
  }

  /** Resolves when all bytes are in. @throws EngineError `QUEUE_FULL` */
  write(bytes: Uint8Array, waitSeconds: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let cancel: () => void = () => undefined;
      const write: Write = {
        bytes,
        position: 0,
        settle: (error) => {
          cancel();
          this.#writes.splice(this.#writes.indexOf(write), 1);
          if (error) reject(error);
          else resolve();
        },
      };
      this.#writes.push(write);
      this.admit();
      if (!this.#writes.includes(write) || waitSeconds === Number.POSITIVE_INFINITY) return;
      cancel = this.#options.clock.after(waitSeconds, () => write.settle(this.#full(write, waitSeconds)));
    });
  }

  /** Lets all of the bytes in, or nothing. */
  tryWrite(bytes: Uint8Array): boolean {
    if (this.isWaiting || !this.#options.hasRoomFor(bytes.length)) return false;
    this.#options.accept(new Uint8Array(bytes));
    return true;
  }

  /** Lets in what waits as far as there is room: to be called when there may be more. */
  admit(): void {
    // To make room can settle audio, which comes back here.
    if (this.#isAdmitting) return;
    this.#isAdmitting = true;
    for (let [next] = this.#writes; next; [next] = this.#writes) {
      const partBytes = Math.ceil(partSeconds * this.#options.bytesPerSecond());
      const part = next.bytes.subarray(next.position, next.position + partBytes);
      if (!this.#options.hasRoomFor(part.length)) break;
      this.#options.accept(new Uint8Array(part));
      next.position += part.length;
      if (next.position >= next.bytes.length) next.settle();
    }
    this.#isAdmitting = false;
  }

  /** Turns away what waits. */
  refuse(reason: EngineError): void {
    for (const write of [...this.#writes]) write.settle(reason);
  }

  #full({ bytes, position }: Write, waitSeconds: number): EngineError {
    const { source, bytesPerSecond } = this.#options;
    const leftSeconds = (bytes.length - position) / bytesPerSecond();
    return new EngineError(
      'QUEUE_FULL',
      `The queue of the source '${source}' is full: ${leftSeconds.toFixed(3)} s of audio found no room within ${waitSeconds} s. ` +
        'Write it later, or let the source shed.',
    );
  }
}
