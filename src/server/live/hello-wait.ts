import type { Duplex } from 'node:stream';
import type { Clock } from '../../clock.js';
import { EngineError } from '../../errors.js';
import { longestTextBytes } from './wire-reader.js';

const helloSeconds = 10;

export interface HelloWaitOptions {
  readonly clock: Clock;
  /** What is under the socket: it tells of bytes before they are a message. */
  readonly stream: Duplex;
  readonly onFailure: (error: EngineError) => void;
}

/** Who does not say who it is gets neither time nor memory. @returns to be called when it has said something */
export function waitForHello({ clock, stream, onFailure }: HelloWaitOptions): () => void {
  let bytes = 0;
  let isOver = false;
  const fail = (message: string) => {
    stop();
    onFailure(new EngineError('PROTOCOL_BROKEN', message));
  };
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
    // The chunk in which somebody spoke is still told of.
    if (isOver || bytes <= longestTextBytes) return;
    stream.pause();
    fail(`The first message has at most ${longestTextBytes} bytes.`);
  };
  const cancel = clock.after(helloSeconds, () => {
    fail(`Nobody said \`open\` or \`resume\` within ${helloSeconds} s.`);
  });
  const stop = () => {
    isOver = true;
    cancel();
    stream.off('data', count);
  };
  stream.on('data', count);
  return stop;
}
