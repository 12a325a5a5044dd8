interface Waiter {
  readonly isOver: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Promises that settle when something has become true, which is looked at whenever something has happened. */
export class Waiting {
  #waiters: readonly Waiter[] = [];

  until(isOver: () => boolean): Promise<void> {
    if (isOver()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters = [...this.#waiters, { isOver, resolve, reject }];
    });
  }

  look(): void {
    const over = this.#waiters.filter(({ isOver }) => isOver());
    this.#waiters = this.#waiters.filter((waiter) => !over.includes(waiter));
    for (const { resolve } of over) resolve();
  }

  /** It will not become true. */
  refuse(error: Error): void {
    const refused = this.#waiters;
    this.#waiters = [];
    for (const { reject } of refused) reject(error);
  }
}
