import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../../errors.js';
import type { Provider } from '../provider.js';
import type { ModelSettings } from '../subprocess/protocol.js';
import { subprocess } from '../subprocess/subprocess-provider.js';
import type { AdapterEntry } from './adapter-table.js';

const runner = fileURLToPath(new URL('../../../adapters/run.py', import.meta.url));

/** Loading a large model from a cold disk holds Python's lock, and keeps the process silent. */
const startTimeoutSeconds = 180;

export interface AdapterOptions {
  /** The Python that has the library: a program, by its path or to be found in PATH. @defaultValue 'python3' */
  readonly python?: string | undefined;
  /** Goes beside PATH, HOME and LANG, the only variables of the host that it sees: `HF_HOME`, for one. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export interface HubOptions extends AdapterOptions {
  /** Whether the library may fetch a model that is not on this machine. @defaultValue false */
  readonly download?: boolean | undefined;
}

export interface ProgramOptions extends AdapterOptions {
  /** The program, by its path or to be found in PATH. @defaultValue its own name */
  readonly program?: string | undefined;
}

/** A provider that runs one of the adapters of this package. */
export interface AdapterProvider extends Provider {
  /** What to know before relying on it. */
  readonly note?: string | undefined;
}

interface AdapterSettings extends ModelSettings {
  /** A folder's path, or the name that its library knows. */
  readonly model?: string | undefined;
  /** Of the same model, as the library calls it: `int8`, `4bit`, `v2`. */
  readonly variant?: string | undefined;
}

/** The provider of one row of the table. What a platform cannot run is not started there. */
export function adapter(
  entry: AdapterEntry,
  options: HubOptions & ProgramOptions,
  settings: AdapterSettings,
): AdapterProvider {
  const { name, needs, note } = entry;
  const { python = 'python3', program, download = false, env } = options;
  const provider = subprocess({
    name,
    needs,
    command: python,
    args: ['-B', '-X', 'utf8', runner, entry.file, ...(program === undefined ? [] : [program])],
    env: { ...(download ? {} : { HF_HUB_OFFLINE: '1' }), HF_HUB_DISABLE_TELEMETRY: '1', ...env },
    settings: { ...given(settings), download },
    model: { name: basename(settings.model ?? name), variant: settings.variant ?? '', path: settings.model ?? '' },
    startTimeoutSeconds,
  });
  const obstacle = obstacleOf(entry);
  return {
    name,
    note,
    probe: (signal) =>
      obstacle === undefined ? provider.probe(signal) : Promise.resolve({ kind: 'unavailable', reason: obstacle }),
    open: (plan, signal) =>
      obstacle === undefined
        ? provider.open(plan, signal)
        : Promise.reject(new EngineError('PROVIDER_UNAVAILABLE', obstacle)),
  };
}

/** A folder that is here, by its whole path: the adapter works somewhere else. Anything else is a name. */
export function modelPlace(model: string): string {
  return model.startsWith('.') || existsSync(model) ? resolve(model) : model;
}

/** Why it cannot run on this machine, which is known without starting anything. */
export function obstacleOf({ name, machine }: AdapterEntry): string | undefined {
  const isAppleSilicon = process.platform === 'darwin' && process.arch === 'arm64';
  return machine === 'any' || isAppleSilicon
    ? undefined
    : `${name} runs on Apple silicon only; this is ${process.platform} on ${process.arch}.`;
}

function given(settings: ModelSettings): ModelSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
