import { execFileSync } from 'node:child_process';

function ip(...words: readonly string[]): string {
  return execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
}

/** Whether this machine lets networks be made; a test without it says so in its name. */
export const canMakeNetworks = ((): boolean => {
  const name = `try-${process.pid}`;
  try {
    ip('netns', 'add', name);
    ip('link', 'add', `t${process.pid}`, 'type', 'veth', 'peer', 'name', `u${process.pid}`);
    ip('link', 'del', `t${process.pid}`);
    return true;
  } catch {
    return false;
  } finally {
    try {
      ip('netns', 'del', name);
    } catch {
      // It was never there.
    }
  }
})();

/** A way into a network namespace from this machine. */
export interface NetworkLink {
  /** Of the namespace's end. */
  readonly address: string;
  /** From now on, what is sent either way is lost without a word. */
  cut(): void;
  mend(): void;
}

/** Another host, as far as the network can tell. Its addresses are of the range for measuring, 198.18.0.0/15. */
export class NetworkNamespace implements Disposable {
  readonly name = `host-${process.pid}`;
  readonly links: readonly [NetworkLink, NetworkLink];

  constructor() {
    ip('netns', 'add', this.name);
    this.#inside('link', 'set', 'lo', 'up');
    this.links = [this.#link(0), this.#link(1)];
  }

  /** What is put before a command to run it there. */
  get through(): readonly string[] {
    return ['ip', 'netns', 'exec', this.name];
  }

  [Symbol.dispose](): void {
    // A namespace takes its links with it, but some time later.
    for (const index of [0, 1]) ip('link', 'del', `o${process.pid}-${index}`);
    ip('netns', 'del', this.name);
  }

  #link(index: number): NetworkLink {
    const [outer, inner] = [`o${process.pid}-${index}`, `i${process.pid}-${index}`];
    const network = `198.18.${process.pid % 256}`;
    const [here, there] = [`${network}.${4 * index + 1}`, `${network}.${4 * index + 2}`];
    ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', this.name);
    ip('address', 'add', `${here}/30`, 'dev', outer);
    ip('link', 'set', outer, 'up');
    this.#inside('address', 'add', `${there}/30`, 'dev', inner);
    this.#inside('link', 'set', inner, 'up');
    return {
      address: there,
      // A neighbour that nobody is: frames go out and nobody takes them.
      cut: () => {
        ip('neigh', 'replace', there, 'lladdr', '02:00:00:00:00:01', 'dev', outer, 'nud', 'permanent');
        this.#inside('neigh', 'replace', here, 'lladdr', '02:00:00:00:00:01', 'dev', inner, 'nud', 'permanent');
      },
      mend: () => {
        ip('neigh', 'del', there, 'dev', outer);
        this.#inside('neigh', 'del', here, 'dev', inner);
      },
    };
  }

  #inside(...words: readonly string[]): void {
    ip('-n', this.name, ...words);
  }
}
