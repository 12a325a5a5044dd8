import { joinedUnits, normalisedUnit, unitsOf } from './spoken-units.js';

/** The text of an utterance that still grows. Together the two are all of it. */
export interface AgreedText {
  /** Said by two hypotheses in a row: it only grows, until the utterance is over. */
  readonly confirmed: string;
  /** What the latest hypothesis says after it. */
  readonly tentative: string;
}

/**
 * LocalAgreement-2 (Liu et al., 2020; used for Whisper by Macháček et al., 2023) over the partial texts of one
 * utterance: what two hypotheses in a row begin with is confirmed, by words, or by characters where a language does not
 * separate words.
 */
export class LocalAgreement {
  #previous: readonly string[] = [];
  /** As they were written when they were confirmed. */
  #confirmed: readonly string[] = [];

  /**
   * @param text - the latest hypothesis for the whole utterance so far
   * @param language - its two-letter code. @defaultValue one that separates words
   */
  update(text: string, language = ''): AgreedText {
    const units = unitsOf(text, language);
    const agreed = agreedUnits(this.#previous, units);
    this.#previous = units;
    // The newer spelling, as more audio was heard; what is confirmed already stays as it is, whatever is said later.
    this.#confirmed = [...this.#confirmed, ...units.slice(this.#confirmed.length, agreed)];
    return {
      confirmed: joinedUnits(this.#confirmed, language),
      tentative: joinedUnits(units.slice(this.#confirmed.length), language),
    };
  }

  /** Forgets everything, for the next utterance. */
  reset(): void {
    this.#previous = [];
    this.#confirmed = [];
  }
}

/** How many units both begin with. */
function agreedUnits(one: readonly string[], other: readonly string[]): number {
  const differs = one.findIndex((unit, at) => normalisedUnit(unit) !== normalisedUnit(other[at] ?? ''));
  return differs < 0 ? one.length : differs;
}
