import type { WebSocket } from 'ws';
import type { Clock } from '../../clock.js';

const beatSeconds = 1;
const beatsBetweenPings = 5;
/** A peer that says nothing and answers no ping for so long is gone. */
const silentSeconds = 20;

export interface PulseOptions {
  readonly socket: WebSocket;
  readonly clock: Clock;
  /** Called every second. */
  readonly onBeat: () => void;
}

/** Notices that the peer of a socket is gone, and cuts the connection then. */
export class Pulse {
  readonly #options: PulseOptions;
  #beats = 0;
  #heardAtSeconds: number;
  #stop: () => void;

  constructor(options: PulseOptions) {
    const { socket, clock } = options;
    this.#options = options;
    this.#heardAtSeconds = clock.nowSeconds();
    const hear = () => {
      this.#heardAtSeconds = clock.nowSeconds();
    };
    socket.on('message', hear).on('pong', hear);
    this.#stop = clock.after(beatSeconds, this.#beat);
  }

  stop(): void {
    this.#stop();
  }

  readonly #beat = (): void => {
    const { socket, clock, onBeat } = this.#options;
    const nowSeconds = clock.nowSeconds();
    // One that is held back cannot be heard.
    if (socket.isPaused) this.#heardAtSeconds = nowSeconds;
    if (nowSeconds - this.#heardAtSeconds > silentSeconds) {
      socket.terminate();
      return;
    }
    if (this.#beats % beatsBetweenPings === 0) socket.ping();
    this.#beats += 1;
    this.#stop = clock.after(beatSeconds, this.#beat);
    onBeat();
  };
}
