import { EventEmitter } from 'eventemitter3';
import { EngineError } from '../errors.js';

/** Tells events by kind; a listener that throws is a warning of the process, and the others hear it all the same. */
export class Announcer<Events> {
  readonly #emitter = new EventEmitter();

  on<Kind extends keyof Events & string>(kind: Kind, listener: (event: Events[Kind]) => void): void {
    this.#emitter.on(kind, listener);
  }

  off<Kind extends keyof Events & string>(kind: Kind, listener: (event: Events[Kind]) => void): void {
    this.#emitter.off(kind, listener);
  }

  /** @returns whether anybody listens */
  emit<Kind extends keyof Events & string>(kind: Kind, event: Events[Kind]): boolean {
    const listeners = this.#emitter.listeners(kind) as readonly ((event: unknown) => unknown)[];
    const warn = (error: unknown) => {
      process.emitWarning(
        EngineError.from(error, 'INTERNAL', `A listener of the engine's '${kind}' events threw an error.`),
      );
    };
    for (const listener of listeners) {
      try {
        const result = listener(event);
        if (result instanceof Promise) result.catch(warn);
      } catch (error) {
        warn(error);
      }
    }
    return listeners.length > 0;
  }
}
