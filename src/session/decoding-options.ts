import { EngineError } from '../errors.js';
import type { Chunk } from '../provider/recognition.js';
import { oneOf } from './one-of.js';

/** What a caller may ask of the decode itself. */
export interface DecodingOptions {
  /** `translate` gives English text for any language. @defaultValue 'transcribe' */
  readonly task?: 'transcribe' | 'translate' | undefined;
  /** Text that goes before the audio: names, spelling, style. @defaultValue none */
  readonly prompt?: string | undefined;
  /** Word times, at the cost of one more decoder pass a piece. @defaultValue false */
  readonly words?: boolean | undefined;
  /** Hypotheses of the beam search, 1 … 8; 1 is greedy. @defaultValue 1 */
  readonly beamSize?: number | undefined;
}

/**
 * All of them, checked, as a chunk has them.
 * @throws EngineError `OPTION_INVALID`
 */
export function decodingOf(options: DecodingOptions): Pick<Chunk, 'translate' | 'prompt' | 'words' | 'beamSize'> {
  const { prompt = '', words = false, beamSize = 1 } = options;
  if (typeof prompt !== 'string') throw invalid('prompt', prompt, 'a text');
  if (typeof words !== 'boolean') throw invalid('words', words, 'true or false');
  if (!(Number.isInteger(beamSize) && beamSize >= 1 && beamSize <= 8)) {
    throw invalid('beamSize', beamSize, 'a whole number from 1 to 8');
  }
  const translate = oneOf('task', ['transcribe', 'translate'], options.task) === 'translate';
  return { translate, prompt, words, beamSize };
}

function invalid(name: string, value: unknown, what: string): EngineError {
  return new EngineError('OPTION_INVALID', `\`${name}\` is ${String(value)}; it must be ${what}.`);
}
