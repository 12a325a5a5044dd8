import { EngineError } from '../errors.js';
import { closestName } from './closest-name.js';
import type { Dimensions } from './dimensions.js';
import { languages } from './language-table.js';
import { isMultilingual } from './model-name.js';

/** Tokens of a multilingual vocabulary that stand for no language; each language adds one. */
const vocabularyWithoutLanguages = 51_766;

/**
 * Whisper's code for a language: given as that code, as its English name, or with a region (`en-US`), in any case;
 * `auto` stays `auto`.
 * @throws EngineError `LANGUAGE_UNKNOWN`, `OPTION_INVALID`
 */
export function languageCode(language: string): string {
  if (typeof language !== 'string') {
    throw new EngineError('OPTION_INVALID', `\`language\` is ${String(language)}; it must be a text such as 'de'.`);
  }
  const wanted = language.toLowerCase();
  if (wanted === 'auto') return wanted;
  const withoutRegion = /^([a-z]{2,3})[-_]/.exec(wanted)?.[1] ?? wanted;
  const found = languages.find((entry) => entry.includes(withoutRegion));
  if (found) return found[0];
  const suggestion = closestName(wanted, languages.flat());
  const guess = suggestion === undefined ? '' : ` Did you mean '${suggestion}'?`;
  throw new EngineError(
    'LANGUAGE_UNKNOWN',
    `Whisper does not know the language '${language}'.${guess} Give a code such as 'de', an English name such as 'german', or 'auto'.`,
  );
}

/** The English name of a language code, in lower case: `german`. A code that is not Whisper's stays as it is. */
export function languageName(code: string): string {
  return languages.find((entry) => entry[0] === code)?.[1] ?? code;
}

/** Whether a model of these dimensions was trained on the language with this code. Detection needs more than one. */
export function speaks(dimensions: Dimensions, code: string): boolean {
  if (!isMultilingual(dimensions)) return code === 'en' || code === 'auto';
  const spoken = languages.slice(0, dimensions.vocabulary - vocabularyWithoutLanguages);
  return code === 'auto' || spoken.some((entry) => entry[0] === code);
}

/**
 * The code to decode `language` with on this model: an English-only model needs no detection, so `auto` is `en` there.
 * @throws EngineError `LANGUAGE_UNKNOWN`, `LANGUAGE_UNSUPPORTED`
 */
export function languageFor(
  model: { readonly name: string; readonly dimensions: Dimensions },
  language: string,
): string {
  const code = languageCode(language);
  if (speaks(model.dimensions, code)) return isMultilingual(model.dimensions) ? code : 'en';
  const spoken = isMultilingual(model.dimensions) ? `knows the first 99 languages only` : 'speaks English only';
  throw new EngineError(
    'LANGUAGE_UNSUPPORTED',
    `The model '${model.name}' ${spoken} and was asked for '${code}'. Use ${isMultilingual(model.dimensions) ? 'large-v3' : 'a model without .en in its name'}.`,
  );
}
