const keptBytes = 16 * 1024;
const toldLines = 5;
const toldCharacters = 600;

/** The end of what a process has written, for the message about its death. Earlier bytes are forgotten. */
export class LastWords {
  #kept: Buffer = Buffer.alloc(0);

  push(bytes: Buffer): void {
    // A copy: a slice would hold all that it was cut from.
    this.#kept = Buffer.from(Buffer.concat([this.#kept, bytes]).subarray(-keptBytes));
  }

  /** The last lines, on one line; empty when there are none. */
  toString(): string {
    const lines = this.#kept
      .toString()
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    return lines.slice(-toldLines).join(' | ').slice(-toldCharacters);
  }
}
