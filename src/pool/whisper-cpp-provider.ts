import { probeProvider } from '../capability/provider/provider-probe.js';
import type { ProviderReport } from '../capability/provider/provider-report.js';
import { systemClock } from '../clock.js';
import { describe } from '../errors.js';
import { resolveModel } from '../model/resolve.js';
import type { Provider, ProviderState } from '../provider/provider.js';
import type { ModelUse } from '../provider/recognition.js';
import { whisperCppCapabilities } from '../provider/whisper-cpp-capabilities.js';
import { type Isolation, openPool } from './open-pool.js';
import { PoolRecognizer } from './pool-recognizer.js';

export interface WhisperCppOptions {
  /** What it is called beside the `whisper-cpp` of the engine. @defaultValue 'separate-whisper-cpp' */
  readonly name?: string | undefined;
  /** A model name or the path of a ggml file. It is not fetched. */
  readonly model: string;
  /** @defaultValue 'auto' */
  readonly variant?: string | undefined;
  /** Folders to look for it in. @defaultValue `WHISPERPOOL_MODELS`, ./models, and the package's own */
  readonly modelFolders?: readonly string[] | undefined;
  /** Whether it decodes on threads of this process or in one of its own. @defaultValue 'thread' */
  readonly isolation?: Isolation | undefined;
  /** Use a GPU that the addon was built for. @defaultValue false */
  readonly gpu?: boolean | undefined;
}

/** This package's own whisper.cpp as a provider, with slots and a model of its own. */
export function whisperCpp(options: WhisperCppOptions): Provider {
  const {
    name = 'separate-whisper-cpp',
    model,
    variant,
    modelFolders: searchFolders,
    isolation = 'thread',
    gpu = false,
  } = options;
  const find = (signal?: AbortSignal) => resolveModel(model, { variant, searchFolders, signal });
  return {
    name,
    async probe(signal) {
      try {
        return stateOf(await probeProvider({ model: await find(signal), clock: systemClock }));
      } catch (error) {
        return { kind: 'unavailable', reason: describe(error) };
      }
    },
    async open({ slots, threadsPerSlot }, signal) {
      const found = await find(signal);
      const { path, fileKey, alignment, multilingual } = found;
      const use: ModelUse = { path, fileKey, alignment, flashAttention: false, gpu, threads: threadsPerSlot };
      const capabilities = whisperCppCapabilities(multilingual);
      return await PoolRecognizer.open(openPool(isolation, slots), use, { model: found, capabilities, signal });
    },
  };
}

function stateOf(report: ProviderReport): ProviderState {
  if (report.kind === 'unavailable') return { kind: 'unavailable', reason: report.reason };
  const { whisperVersion, backends } = report.system;
  const backend = backends.map(({ description }) => description).join(', ');
  return { kind: 'available', version: whisperVersion, backend };
}
