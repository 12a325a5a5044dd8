import { describe } from '../../errors.js';
import { sampleRate } from '../audio-format.js';
import type { DecodingModel } from '../decode.js';
import { plainChunk } from '../plain-chunk.js';
import type { Provider, ProviderPlan, ProviderState, Recognizer } from '../provider.js';
import type { Chunk } from '../recognition.js';
import type { ModelSettings } from './protocol.js';
import { ResidentProcess, type ResidentProcessOptions } from './resident-process.js';

/** What a program gets of the host's environment: where programs are, where its user's files are, and how to write text. */
const inheritedVariables = ['PATH', 'HOME', 'LANG'];

export interface SubprocessOptions extends Omit<ResidentProcessOptions, 'env'> {
  /** Goes beside PATH, HOME and LANG, the only variables of the host that the program sees, or replaces them. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /**
   * What the program is to open, as only it understands it. `slots` and `threadsPerSlot` of the plan come with it,
   * unless they are given here.
   */
  readonly settings: ModelSettings;
  /** The same model, for what is told about its texts. */
  readonly model: DecodingModel;
}

/** A provider that is a program of its own and speaks the protocol of docs/provider-protocol.md. */
export function subprocess(options: SubprocessOptions): Provider {
  const env = { ...inherited(), ...options.env };
  return {
    name: options.name,
    probe: (signal) => probe(new ResidentProcess({ ...options, env, onDeath: undefined }), signal),
    open: (plan, signal) => open(new ResidentProcess({ ...options, env }), options, plan, signal),
  };
}

async function probe(process: ResidentProcess, signal: AbortSignal | undefined): Promise<ProviderState> {
  try {
    const { version, backend } = await process.start(signal);
    return { kind: 'available', version, backend };
  } catch (error) {
    return { kind: 'unavailable', reason: describe(error) };
  } finally {
    await process.close();
  }
}

async function open(
  process: ResidentProcess,
  { settings, model }: SubprocessOptions,
  plan: ProviderPlan,
  signal: AbortSignal | undefined,
): Promise<Recognizer> {
  try {
    await process.start(signal);
    const opened = await process.open({ ...plan, ...settings }, signal);
    return {
      model,
      get capabilities() {
        return opened.capabilities;
      },
      decode: (chunk) => opened.decode(chunk),
      warm: async () => {
        await opened.decode(silence(opened.capabilities.languages)).outcome;
      },
      close: () => process.close(),
    };
  } catch (error) {
    await process.close();
    throw error;
  }
}

/** One second of it. */
function silence(languages: readonly string[]): Chunk {
  const language = languages.find((code) => code === 'en') ?? languages[0] ?? 'auto';
  return plainChunk(new Float32Array(sampleRate), { language });
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    inheritedVariables.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
