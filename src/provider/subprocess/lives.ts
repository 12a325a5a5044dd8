import { describe, EngineError } from '../../errors.js';
import type { Hello } from './protocol.js';
import { type ChildDeath, type ChildEvents, ProviderChild } from './provider-child.js';
import type { ResolvedResidentOptions } from './resident-options.js';
import { RestartRule } from './restart-rule.js';
import { Turnstile } from './turnstile.js';
import { unlessAborted } from './unless-aborted.js';

type State =
  | { readonly kind: 'new' }
  | { readonly kind: 'starting'; readonly child: ProviderChild }
  | { readonly kind: 'serving'; readonly child: ProviderChild }
  /** It will be started again; work waits. */
  | { readonly kind: 'resting'; readonly cancel: () => void }
  /** Work is refused; `cancel` calls off the start that may still come. */
  | { readonly kind: 'refusing'; readonly error: EngineError; readonly cancel: () => void }
  /** A child that served finishes what it has. */
  | { readonly kind: 'closing'; readonly child: ProviderChild | undefined }
  | { readonly kind: 'closed' };

export interface LifeEvents extends Pick<ChildEvents, 'onRoom' | 'onDeath'> {
  /** A child has said hello, and is to be made ready for work. Who throws has it killed. */
  readonly prepare: (child: ProviderChild) => Promise<void>;
  /** Work cannot be done for a while, or never again. */
  readonly onRefusal: (error: EngineError) => void;
}

/** The lives of a process, one after the other. */
export class Lives {
  readonly #options: ResolvedResidentOptions;
  readonly #events: LifeEvents;
  readonly #rule: RestartRule;
  readonly #arrivals = new Turnstile<ProviderChild>();
  #state: State = { kind: 'new' };
  #hello: Hello | undefined;

  constructor(options: ResolvedResidentOptions, events: LifeEvents) {
    this.#options = options;
    this.#events = events;
    this.#rule = new RestartRule(options.chance);
  }

  /** What the last child that served has said. */
  get hello(): Hello | undefined {
    return this.#hello;
  }

  get pid(): number | undefined {
    return 'child' in this.#state ? this.#state.child?.pid : undefined;
  }

  /** The child that can be given what was asked for. */
  get serving(): ProviderChild | undefined {
    return this.#state.kind === 'serving' || this.#state.kind === 'closing' ? this.#state.child : undefined;
  }

  /** Why nothing more can be asked for now. */
  get refusal(): EngineError | undefined {
    switch (this.#state.kind) {
      case 'refusing':
        return this.#state.error;
      case 'closing':
      case 'closed':
        return new EngineError('ENGINE_CLOSED', `${this.#options.name} was closed.`);
      case 'new':
      case 'starting':
      case 'serving':
      case 'resting':
        return undefined;
      default:
        return this.#state satisfies never;
    }
  }

  /** Begins the first life, unless one has begun. */
  start(): void {
    if (this.#state.kind === 'new') this.#live(true);
  }

  /** @throws EngineError `PROVIDER_UNAVAILABLE`, `ABORTED`, `ENGINE_CLOSED` */
  async untilServing(signal: AbortSignal | undefined): Promise<ProviderChild> {
    const { refusal } = this;
    if (refusal) throw refusal;
    return unlessAborted(
      this.#state.kind === 'serving' ? Promise.resolve(this.#state.child) : this.#arrivals.wait(),
      signal,
    );
  }

  /** @param idle - resolves when the child has nothing left to do, or was given time enough */
  async end(idle: () => Promise<void>): Promise<void> {
    const state = this.#state;
    if ('cancel' in state) state.cancel();
    this.#state = { kind: 'closing', child: state.kind === 'serving' ? state.child : undefined };
    const closed = new EngineError('ENGINE_CLOSED', `${this.#options.name} was closed.`);
    this.#arrivals.refuse(closed);
    if (state.kind === 'serving') await idle();
    this.#state = { kind: 'closed' };
    this.#events.onRefusal(closed);
    if ('child' in state) await state.child?.end();
  }

  unavailable(says: string): EngineError {
    const { needs } = this.#options;
    return new EngineError('PROVIDER_UNAVAILABLE', needs === undefined ? says : `${says} ${needs}`);
  }

  #live(isFirst: boolean): void {
    const child: ProviderChild = new ProviderChild(this.#options, {
      onRoom: this.#events.onRoom,
      onDeath: (death) => this.#died(death, isFirst),
    });
    this.#state = { kind: 'starting', child };
    this.#prepare(child).catch((error: unknown) => {
      child.kill(`could not open its model again: ${describe(error)}`);
    });
  }

  async #prepare(child: ProviderChild): Promise<void> {
    const hello = await child.hello;
    await this.#events.prepare(child);
    if (this.#state.kind !== 'starting') return;
    this.#hello = hello;
    this.#state = { kind: 'serving', child };
    this.#arrivals.admit(child);
    this.#events.onRoom();
  }

  #died(death: ChildDeath, isFirst: boolean): void {
    const { kind } = this.#state;
    this.#events.onDeath(death);
    if (kind === 'closing' || kind === 'closed') return;
    if (isFirst && kind === 'starting') {
      this.#state = { kind: 'new' };
      this.#arrivals.refuse(this.unavailable(`${this.#options.name} did not start. ${death.reason}`));
    } else this.#goOn(death);
  }

  #goOn(death: ChildDeath): void {
    const { clock, name } = this.#options;
    const live = () => this.#live(false);
    const restart = this.#rule.after(death);
    switch (restart.kind) {
      case 'at-once':
        live();
        break;
      case 'rest':
        this.#state = { kind: 'resting', cancel: clock.after(restart.seconds, live) };
        break;
      case 'break': {
        const says = `${name} keeps dying, and is left alone for ${restart.seconds} s. ${death.reason}`;
        this.#refuse(this.unavailable(says), clock.after(restart.seconds, live));
        break;
      }
      case 'give-up': {
        const lives = `${restart.attempts} lives in which it decoded nothing`;
        const says = `${name} is not started again after ${lives}. ${death.reason}`;
        this.#refuse(this.unavailable(says), () => undefined);
        break;
      }
      default:
        restart satisfies never;
    }
  }

  #refuse(error: EngineError, cancel: () => void): void {
    this.#state = { kind: 'refusing', error, cancel };
    this.#arrivals.refuse(error);
    this.#events.onRefusal(error);
  }
}
