import { type Clock, systemClock } from '../../clock.js';
import type { ModelSettings } from './protocol.js';

export interface ResidentProcessOptions {
  /** For messages. */
  readonly name: string;
  /** A program, by its path or to be found in the PATH of `env`. No shell sees it. */
  readonly command: string;
  readonly args: readonly string[];
  /** All of it: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Where it works. @defaultValue the host's working directory */
  readonly folder?: string | undefined;
  /** What it needs, as a sentence with the command that installs it: for the message when it cannot be had. */
  readonly needs?: string | undefined;
  /** @internal */
  readonly clock?: Clock | undefined;
  /** For its first line; a model that loads may keep it silent as long. @defaultValue 60 */
  readonly startTimeoutSeconds?: number | undefined;
  /** Between two pings. @defaultValue 1 */
  readonly heartbeatSeconds?: number | undefined;
  /** A process that says nothing for so long, not even to pings, is killed. @defaultValue 2.5 */
  readonly silenceSeconds?: number | undefined;
  /** The longest line of its output. @defaultValue 8 MiB */
  readonly lineLimitBytes?: number | undefined;
  /** What a model is opened with in a new process, from what it was first opened with. @internal */
  readonly renew?: ((settings: ModelSettings) => Promise<ModelSettings>) | undefined;
  /** Told of every death but the last, which `close` asks for. It must not throw. */
  readonly onDeath?: ((death: ProcessDeath) => void) | undefined;
  /** For the jitter of its rests: a number from 0 to below 1. @internal */
  readonly chance?: (() => number) | undefined;
}

/** One death of a process that was to live. */
export interface ProcessDeath {
  /** Sentences: its exit code or signal, or why it was killed, and the last lines that it wrote to stderr. */
  readonly reason: string;
  /** On the scale of `Clock.nowSeconds`. */
  readonly atSeconds: number;
  readonly servedDecodes: number;
}

export function resolveResidentOptions(options: ResidentProcessOptions) {
  return {
    ...options,
    folder: options.folder,
    clock: options.clock ?? systemClock,
    startTimeoutSeconds: options.startTimeoutSeconds ?? 60,
    heartbeatSeconds: options.heartbeatSeconds ?? 1,
    silenceSeconds: options.silenceSeconds ?? 2.5,
    lineLimitBytes: options.lineLimitBytes ?? 8 * 2 ** 20,
    chance: options.chance ?? Math.random,
    renew: options.renew ?? ((settings: ModelSettings) => Promise.resolve(settings)),
  };
}

export type ResolvedResidentOptions = ReturnType<typeof resolveResidentOptions>;
