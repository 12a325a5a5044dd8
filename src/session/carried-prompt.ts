import { compressionRatio, compressionRatioLimit } from '../provider/plausibility.js';
import { separatesWords } from '../provider/words.js';

/** A final as the prompt sees it. */
export interface CarriedFinal {
  readonly text: string;
  /** Two-letter code. */
  readonly language: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** Why what was said before is no help to what is said next. */
export type ForgetReason = 'silence' | 'suppressed' | 'repetition' | 'language';

export interface CarriedPromptOptions {
  /** Characters of earlier finals that are carried, at most; 0 carries none. @defaultValue 200 */
  readonly carriedCharacters?: number | undefined;
  /** Silence after which earlier finals are forgotten. @defaultValue 5 */
  readonly silenceSeconds?: number | undefined;
}

/** A shorter text that is said again is ordinary speech: “Yes.” “Yes.” */
const repetitionLetters = 12;

/** The prompt of a source's next chunk: what the user gave, and the end of what was said before. */
export class CarriedPrompt {
  /** Why it forgot last; undefined when it never did. */
  forgottenBecause: ForgetReason | undefined;
  readonly #initial: string;
  readonly #carriedCharacters: number;
  readonly #silenceSeconds: number;
  #carried = '';
  #last: CarriedFinal | undefined;

  constructor(initial: string, { carriedCharacters = 200, silenceSeconds = 5 }: CarriedPromptOptions = {}) {
    this.#initial = initial.trim();
    this.#carriedCharacters = carriedCharacters;
    this.#silenceSeconds = silenceSeconds;
  }

  /** The prompt for speech that goes on at once. */
  get text(): string {
    return joined('', this.#initial, this.#carried);
  }

  /** The prompt for speech that begins at `startSeconds` of the source: after a long silence it carries nothing. */
  textAt(startSeconds: number): string {
    return this.#isSilenceBefore(startSeconds) ? this.#initial : this.text;
  }

  /** Takes the next final, in the order of the source. A text that loops is forgotten: the model would go on with it. */
  add(final: CarriedFinal): void {
    if (this.#isSilenceBefore(final.startSeconds)) this.forget('silence');
    if (this.#last && this.#last.language !== final.language) this.forget('language');
    if (isLoop(final.text, this.#last?.text ?? '')) this.forget('repetition');
    else this.#carried = tail(joined(final.language, this.#carried, final.text), this.#carriedCharacters);
    this.#last = final;
  }

  /** Back to what the user gave. */
  forget(why: ForgetReason): void {
    this.forgottenBecause = why;
    this.#carried = '';
  }

  #isSilenceBefore(startSeconds: number): boolean {
    return this.#last !== undefined && startSeconds - this.#last.endSeconds >= this.#silenceSeconds;
  }
}

function isLoop(text: string, previous: string): boolean {
  if (compressionRatio(text) > compressionRatioLimit) return true;
  const spoken = letters(text);
  return spoken.length >= repetitionLetters && spoken === letters(previous);
}

function letters(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

function joined(language: string, ...texts: readonly string[]): string {
  return texts
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .join(separatesWords(language) ? ' ' : '');
}

/** The end of a text, from where a sentence begins in its first half, otherwise a word. */
function tail(text: string, characters: number): string {
  if (text.length <= characters) return text;
  // One more, to see whether the cut falls between two words anyway.
  const end = text.slice(text.length - characters - 1);
  const sentence = /[.!?…]["'”’)\]]*\s+|[。！？]+/u.exec(end);
  if (sentence && sentence.index < characters / 2) return end.slice(sentence.index + sentence[0].length).trim();
  const space = /\s+/u.exec(end);
  if (space) return end.slice(space.index + space[0].length).trim();
  // No spaces at all: at least no half of a surrogate pair, and no mark without its letter.
  return end.slice(1).replace(/^[\p{M}\uDC00-\uDFFF]+/u, '');
}
