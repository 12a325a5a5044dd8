/** A piece of audio that may have to be sent, or sent again: whole sample frames. */
interface Packet {
  readonly fromByte: number;
  readonly toByte: number;
  readonly audio: Uint8Array;
  readonly writtenAtSeconds: number;
}

/** What goes to the server next: audio, or the word that some is given up. */
export type Sending =
  | { readonly kind: 'audio'; readonly fromByte: number; readonly audio: Uint8Array }
  | { readonly kind: 'lost'; readonly fromByte: number; readonly toByte: number };

/**
 * The audio of one source that is not settled yet, in bytes from the first that was ever written. What has been given up
 * is what is missing between packets; it is said to be lost when its turn to be sent comes, so that nothing is said to be
 * lost which the server has after all.
 */
export class SendBuffer {
  readonly #packets: Packet[] = [];
  #writtenBytes = 0;
  /** The next byte to send on this connection. */
  #sentBytes = 0;
  /** By the server of this session, as far as is known. */
  #receivedBytes = 0;
  /** By any server: no more a matter of being sent in time, but of being kept. */
  #everReceivedBytes = 0;

  get packets(): number {
    return this.#packets.length;
  }

  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  get unreceivedBytes(): number {
    return this.#writtenBytes - this.#receivedBytes;
  }

  get isAllSent(): boolean {
    return this.#sentBytes >= this.#writtenBytes;
  }

  /** The first byte from `fromByte` on that is still here; the end of all when none is. */
  firstKept(fromByte: number): number {
    const packet = this.#packets.find(({ toByte }) => toByte > fromByte);
    return packet ? Math.max(fromByte, packet.fromByte) : this.#writtenBytes;
  }

  /** When the oldest packet was written that the server has received, or else has not; undefined for none. */
  oldestAtSeconds(which: 'received' | 'unreceived'): number | undefined {
    return this.#packets[this.#indexOf(which)]?.writtenAtSeconds;
  }

  add(audio: Uint8Array, nowSeconds: number): void {
    const fromByte = this.#writtenBytes;
    this.#writtenBytes += audio.length;
    this.#packets.push({ fromByte, toByte: this.#writtenBytes, audio, writtenAtSeconds: nowSeconds });
  }

  /** Makes room. */
  giveUpOldest(which: 'received' | 'unreceived'): void {
    const at = this.#indexOf(which);
    if (at >= 0) this.#packets.splice(at, 1);
  }

  /** What to send now. Audio that no server has had and that was written before `notBeforeSeconds` is given up. */
  next(notBeforeSeconds: number): Sending | undefined {
    if (this.isAllSent) return undefined;
    const fromByte = this.#sentBytes;
    const isStale = ({ toByte, writtenAtSeconds }: Packet) =>
      toByte > fromByte && toByte > this.#everReceivedBytes && writtenAtSeconds < notBeforeSeconds;
    for (let at = this.#packets.findIndex(isStale); at >= 0; at = this.#packets.findIndex(isStale)) {
      this.#packets.splice(at, 1);
    }
    const packet = this.#packets.find(({ toByte }) => toByte > fromByte);
    const isHere = packet !== undefined && packet.fromByte <= fromByte;
    this.#sentBytes = isHere ? packet.toByte : (packet?.fromByte ?? this.#writtenBytes);
    if (isHere) return { kind: 'audio', fromByte, audio: packet.audio.subarray(fromByte - packet.fromByte) };
    return { kind: 'lost', fromByte, toByte: this.#sentBytes };
  }

  /** The server has everything before this. */
  receive(bytes: number): void {
    this.#receivedBytes = Math.min(this.#writtenBytes, Math.max(this.#receivedBytes, bytes));
    this.#everReceivedBytes = Math.max(this.#everReceivedBytes, this.#receivedBytes);
  }

  /** On a new connection, sending goes on here. */
  goOnFrom(bytes: number): void {
    this.#receivedBytes = Math.min(this.#writtenBytes, bytes);
    this.receive(bytes);
    this.#sentBytes = this.#receivedBytes;
  }

  /** Of a new session nothing before this is wanted, and nothing is received. */
  beginAt(bytes: number): void {
    this.#receivedBytes = bytes;
    this.#sentBytes = bytes;
  }

  /** Nobody needs anything before this any more. */
  settle(bytes: number): void {
    const kept = this.#packets.findIndex(({ toByte }) => toByte > bytes);
    this.#packets.splice(0, kept < 0 ? this.#packets.length : kept);
  }

  #indexOf(which: 'received' | 'unreceived'): number {
    const at = this.#packets.findIndex(({ toByte }) => toByte > this.#receivedBytes);
    if (which === 'unreceived') return at;
    return at === 0 || this.#packets.length === 0 ? -1 : 0;
  }
}
