import { fileURLToPath } from 'node:url';
import { EngineError } from '../../errors.js';
import { languages } from '../../model/language-table.js';
import { resolveModel } from '../../model/resolve.js';
import type { Capabilities, Provider } from '../../provider/provider.js';
import { type SubprocessOptions, subprocess } from '../../provider/subprocess/subprocess-provider.js';
import type { WhisperCppOptions } from '../whisper-cpp-provider.js';
import type { AddonSettings } from './addon-messages.js';
import { findPackage, libraryEnvironment, type PackagePlace, packageAt } from './package-place.js';

export interface WhisperNodeAddonOptions extends Pick<WhisperCppOptions, 'model' | 'variant' | 'modelFolders'> {
  /** Use Metal, on a Mac. @defaultValue false */
  readonly gpu?: boolean | undefined;
  /** Where the package is. @defaultValue where Node finds it, from this package or from the working directory */
  readonly packageFolder?: string | undefined;
}

const name = 'whisper-node-addon';
/** Its own install script fails outside of its repository. */
export const whisperNodeAddonNeeds = `It needs the package ${name}: npm install --ignore-scripts ${name}`;
const program = fileURLToPath(new URL('./addon-process.js', import.meta.url));

/**
 * The package whisper-node-addon, an optional dependency, in a process of its own. It reads the model again for each
 * decode: a decode's time includes that. It takes one chunk at a time, with at most 4 threads whatever the plan says, and
 * gives no times of words.
 */
export function whisperNodeAddon(options: WhisperNodeAddonOptions): Provider {
  const { model, variant, modelFolders: searchFolders, gpu = false, packageFolder } = options;
  const find = () => (packageFolder === undefined ? findPackage() : packageAt(packageFolder));
  const providerWith = (place: PackagePlace, opening: Pick<SubprocessOptions, 'settings' | 'model'>) =>
    subprocess({
      name,
      command: process.execPath,
      args: [program, place.main, place.version, gpu ? 'Metal' : 'CPU'],
      env: libraryEnvironment(place),
      ...opening,
    });
  return {
    name,
    async probe(signal) {
      const place = find();
      if (!place) return { kind: 'unavailable', reason: whisperNodeAddonNeeds };
      const unasked = { settings: {}, model: { name: model, variant: '', path: '' } };
      return await providerWith(place, unasked).probe(signal);
    },
    async open(plan, signal) {
      const place = find();
      if (!place) throw new EngineError('PROVIDER_UNAVAILABLE', whisperNodeAddonNeeds);
      const found = await resolveModel(model, { variant, searchFolders, signal });
      const settings: AddonSettings = { path: found.path, capabilities: capabilitiesOf(found.multilingual) };
      return await providerWith(place, { settings: { ...settings }, model: found }).open(plan, signal);
    },
  };
}

function capabilitiesOf(multilingual: boolean): Capabilities {
  return {
    languages: multilingual ? ['auto', ...languages.map(([code]) => code)] : ['en'],
    wordTimes: false,
    translate: multilingual,
    abort: true,
    streaming: false,
    formats: ['f32le-16000-mono'],
  };
}
