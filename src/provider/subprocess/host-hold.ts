/** The longest delay of a Node timer. */
const longestMilliseconds = 2 ** 31 - 1;

/** Keeps the host process alive while somebody waits. The child and its pipes never do: a host that forgets them may end. */
export class HostHold {
  #holders = 0;
  #timer: NodeJS.Timeout | undefined;

  take(): void {
    this.#holders += 1;
    this.#timer ??= setInterval(() => undefined, longestMilliseconds);
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async during<Result>(work: Promise<Result>): Promise<Result> {
    this.take();
    try {
      return await work;
    } finally {
      this.release();
    }
  }
}
