import { EngineError } from '../errors.js';
import type { Provider } from '../provider/provider.js';
import { oneOf } from '../session/one-of.js';

/** Who decodes for an engine. */
export interface ProviderOptions {
  /**
   * In order of preference: the first that is trusted decodes. `whisper-cpp` is the engine's own, which the model, the plan
   * and the ladder are about; it has to be among them. @defaultValue ['whisper-cpp']
   */
  readonly providers?: readonly ('whisper-cpp' | Provider)[] | undefined;
  /**
   * Whether the others are opened when the engine starts, so that they take over at once, or when they are first needed.
   * @defaultValue 'warm'
   */
  readonly standby?: 'warm' | 'cold' | undefined;
  /** Every chunk goes to the first two that are trusted, and the first text counts. Costs both. @defaultValue false */
  readonly race?: boolean | undefined;
  /** Another provider decodes some of the chunks, too; `engine.on('comparison', …)` says how the texts differ. @defaultValue none */
  readonly shadow?: ShadowOptions | undefined;
}

export interface ShadowOptions {
  readonly provider: Provider;
  /** Of the chunks, above 0 and up to 1. @defaultValue 0.05 */
  readonly share?: number | undefined;
}

export interface CheckedProviders {
  readonly providers: readonly ('whisper-cpp' | Provider)[];
  readonly standby: 'warm' | 'cold';
  readonly isRace: boolean;
  readonly shadow: { readonly provider: Provider; readonly share: number } | undefined;
}

/** @throws EngineError `OPTION_INVALID` */
export function checkedProviders(options: ProviderOptions): CheckedProviders {
  const { providers = ['whisper-cpp'], race = false, shadow } = options;
  const standby = oneOf('standby', ['warm', 'cold'], options.standby);
  if (!Array.isArray(providers) || !providers.every((one) => one === 'whisper-cpp' || isProvider(one))) {
    throw invalid("`providers` must be a list of 'whisper-cpp' and of providers, such as `fasterWhisper({ … })`.");
  }
  const names = providers.map(nameOf);
  if (new Set(names).size < names.length) {
    throw invalid(`Each of \`providers\` needs a name of its own, and these are ${names.join(', ')}.`);
  }
  if (!names.includes('whisper-cpp'))
    throw invalid("`providers` must have 'whisper-cpp' in it, at the end if need be.");
  if (typeof race !== 'boolean') throw invalid(`\`race\` is ${String(race)}; it must be true or false.`);
  if (race && names.length < 2) throw invalid('`race` needs a second provider in `providers`.');
  return { providers, standby, isRace: race, shadow: shadow && checkedShadow(shadow, providers) };
}

function checkedShadow(
  { provider, share = 0.05 }: ShadowOptions,
  providers: CheckedProviders['providers'],
): CheckedProviders['shadow'] {
  if (!isProvider(provider)) throw invalid('`shadow.provider` must be a provider, such as `fasterWhisper({ … })`.');
  const { name } = provider;
  if (providers.some((one) => one !== provider && nameOf(one) === name)) {
    throw invalid(`\`shadow.provider\` is called ${name}, as another one in \`providers\` is. Give it another name.`);
  }
  if (typeof share === 'number' && share > 0 && share <= 1) return { provider, share };
  throw invalid(`\`shadow.share\` is ${String(share)}; it must be above 0 and at most 1.`);
}

function nameOf(provider: 'whisper-cpp' | Provider): string {
  return provider === 'whisper-cpp' ? provider : provider.name;
}

function isProvider(value: unknown): value is Provider {
  if (typeof value !== 'object' || value === null) return false;
  const { name, open, probe } = value as Partial<Provider>;
  return typeof name === 'string' && typeof open === 'function' && typeof probe === 'function';
}

function invalid(message: string): EngineError {
  return new EngineError('OPTION_INVALID', message);
}
