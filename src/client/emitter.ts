/** Calls listeners by kind. One that throws does not stop the others; its error becomes an uncaught one of the host. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<(item: never) => void>>();

  on<Kind extends keyof Events>(kind: Kind, listener: (item: Events[Kind]) => void): void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, listeners.add(listener));
  }

  off<Kind extends keyof Events>(kind: Kind, listener: (item: Events[Kind]) => void): void {
    this.#listeners.get(kind)?.delete(listener);
  }

  emit<Kind extends keyof Events>(kind: Kind, item: Events[Kind]): void {
    for (const listener of [...(this.#listeners.get(kind) ?? [])]) {
      try {
        (listener as (item: Events[Kind]) => void)(item);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
