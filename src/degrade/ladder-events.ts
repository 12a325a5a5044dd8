import { EventEmitter } from 'eventemitter3';
import { EngineError } from '../errors.js';

/** A step of the ladder that is in force. */
export interface PlanChange {
  readonly from: number;
  readonly to: number;
  /** A sentence with numbers. */
  readonly reason: string;
  /** The numbers of the reason. */
  readonly evidence: Readonly<Record<string, number>>;
}

/** What an engine tells of its ladder. */
export interface LadderEventMap {
  readonly plan: (change: PlanChange) => void;
  /** A policy was put aside. */
  readonly error: (error: EngineError) => void;
}

/** Tells; a listener that throws is a warning of the process, and the others hear it all the same. */
export class LadderEvents {
  readonly #emitter = new EventEmitter();

  on<Kind extends keyof LadderEventMap>(kind: Kind, listener: LadderEventMap[Kind]): void {
    this.#emitter.on(kind, listener);
  }

  off<Kind extends keyof LadderEventMap>(kind: Kind, listener: LadderEventMap[Kind]): void {
    this.#emitter.off(kind, listener);
  }

  /** @returns whether anybody listens */
  emit<Kind extends keyof LadderEventMap>(kind: Kind, event: Parameters<LadderEventMap[Kind]>[0]): boolean {
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
