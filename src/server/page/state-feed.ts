import { PassThrough, type Readable } from 'node:stream';
import type { Clock } from '../../clock.js';
import { LimitReached } from '../limit-reached.js';
import { heardIn, type LiveTexts } from './heard.js';
import { HeardMemory } from './heard-memory.js';
import type { ServerState } from './server-state.js';

export interface StateFeedOptions {
  readonly clock: Clock;
  /** Called once a second while somebody watches, however many they are. */
  readonly read: () => ServerState;
  readonly live: LiveTexts;
}

interface Watcher {
  /** Sees the live texts of this one. */
  readonly caller: string;
  readonly stream: PassThrough;
}

const mostWatchers = 64;
const periodSeconds = 1;
/** Who has this much to read is not reading: it is several times what is told at the beginning. */
const mostUnreadBytes = 1_048_576;

/** Tells those who watch the state once a second, and live texts as they come, as server-sent events. */
export class StateFeed {
  readonly #options: StateFeedOptions;
  readonly #watchers = new Set<Watcher>();
  readonly #memory = new HeardMemory();
  #cancel: (() => void) | undefined;

  constructor(options: StateFeedOptions) {
    this.#options = options;
    options.live.onEvent((event, { session, caller }) => {
      const heard = heardIn(event, session);
      if (!heard) return;
      this.#memory.keep(heard, caller);
      const message = messageOf('heard', heard);
      for (const watcher of this.#watchers) if (watcher.caller === caller) send(watcher, message);
    });
  }

  /**
   * The state now and once a second, and what was and is heard in the sessions of this caller. Destroy it to leave; it is
   * destroyed when it is not read.
   * @throws EngineError `LIMIT_REACHED`
   */
  watch(caller: string): Readable {
    if (this.#watchers.size >= mostWatchers) {
      throw new LimitReached(`${mostWatchers} pages watch this server already. Close one of them.`, 10);
    }
    const watcher: Watcher = { caller, stream: new PassThrough() };
    const leave = () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size > 0) return;
      this.#cancel?.();
      this.#cancel = undefined;
    };
    watcher.stream.once('close', leave);
    this.#watchers.add(watcher);
    send(watcher, messageOf('state', this.#options.read()));
    for (const heard of this.#memory.of(caller)) send(watcher, messageOf('heard', heard));
    this.#cancel ??= this.#options.clock.after(periodSeconds, () => this.#tick());
    return watcher.stream;
  }

  #tick(): void {
    this.#cancel = this.#options.clock.after(periodSeconds, () => this.#tick());
    const message = messageOf('state', this.#options.read());
    for (const watcher of this.#watchers) send(watcher, message);
  }
}

function send({ stream }: Watcher, message: string): void {
  if (stream.destroyed) return;
  stream.write(message);
  if (stream.writableLength + stream.readableLength > mostUnreadBytes) stream.destroy();
}

/** JSON has no line feed, so that one line of it is one `data`. */
function messageOf(event: 'state' | 'heard', content: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(content)}\n\n`;
}
