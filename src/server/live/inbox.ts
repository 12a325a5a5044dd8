export interface ClientFrame {
  readonly bytes: Buffer;
  readonly isBinary: boolean;
}

export interface InboxOptions {
  readonly take: (frame: ClientFrame) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
  /** No more is to come for a while: the peer is held back. */
  readonly pause: () => void;
  readonly resume: () => void;
}

/** More than this is not read ahead of what is being done. */
const mostBytes = 65_536;
/** What a frame costs beside its bytes. */
const frameBytes = 128;

/** Frames of one client on their way in: each is done before the next is begun. */
export class Inbox {
  readonly #options: InboxOptions;
  #frames: ClientFrame[] = [];
  #bytes = 0;
  #isTaking = false;
  #isPaused = false;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  add(frame: ClientFrame): void {
    this.#frames.push(frame);
    this.#bytes += costOf(frame);
    if (this.#bytes > mostBytes) this.#hold(true);
    void this.#takeAll();
  }

  /** What has not been begun will not be done. */
  drop(): void {
    this.#frames = [];
    this.#bytes = 0;
    this.#hold(false);
  }

  async #takeAll(): Promise<void> {
    if (this.#isTaking) return;
    this.#isTaking = true;
    for (let [frame] = this.#frames; frame; [frame] = this.#frames) {
      try {
        await this.#options.take(frame);
      } catch (error) {
        this.#options.onFailure(error);
      }
      if (this.#frames[0] === frame) this.#frames.shift();
      this.#bytes = Math.max(0, this.#bytes - costOf(frame));
    }
    this.#isTaking = false;
    this.#hold(false);
  }

  #hold(isPaused: boolean): void {
    if (this.#isPaused === isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#options.pause();
    else this.#options.resume();
  }
}

function costOf({ bytes }: ClientFrame): number {
  return bytes.length + frameBytes;
}
