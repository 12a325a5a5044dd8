import { loadAddon } from './addon.js';
import type { Capabilities } from './provider.js';

/**
 * What whisper.cpp can do with a model.
 * @throws EngineError `NATIVE_NOT_BUILT`
 */
export function whisperCppCapabilities(isMultilingual: boolean): Capabilities {
  return {
    languages: isMultilingual ? ['auto', ...loadAddon().languages()] : ['en'],
    wordTimes: true,
    translate: isMultilingual,
    abort: true,
    streaming: false,
    formats: ['f32le-16000-mono'],
  };
}
