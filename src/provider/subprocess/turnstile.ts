/** Where callers wait until somebody lets them in, or sends them away. */
export class Turnstile<Pass> {
  #waiting: readonly { readonly resolve: (pass: Pass) => void; readonly reject: (error: Error) => void }[] = [];

  wait(): Promise<Pass> {
    return new Promise((resolve, reject) => {
      this.#waiting = [...this.#waiting, { resolve, reject }];
    });
  }

  admit(pass: Pass): void {
    for (const { resolve } of this.#takeAll()) resolve(pass);
  }

  refuse(error: Error): void {
    for (const { reject } of this.#takeAll()) reject(error);
  }

  #takeAll() {
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }
}
