import type { Word } from '../transcript/transcript.js';
import type { NativeToken } from './addon.js';

/** Languages written without spaces between words: every character is its own word (as in OpenAI whisper/tokenizer.py). */
const withoutSpaces = new Set(['zh', 'ja', 'th', 'lo', 'my', 'yue']);

/** Whether a language separates its words by spaces. */
export function separatesWords(language: string): boolean {
  return !withoutSpaces.has(language);
}

/** Tokens gathered into words: a word begins with a space, punctuation belongs to the word before it. */
export function wordsOf(tokens: readonly NativeToken[], language: string): readonly Word[] {
  const groups: NativeToken[][] = [];
  for (const [at, token] of tokens.entries()) {
    const group = groups.at(-1);
    if (group && !beginsWord(token.text, tokens[at + 1]?.text, language)) group.push(token);
    else groups.push([token]);
  }
  return groups.map(toWord).filter((word) => word.text !== '');
}

function beginsWord(text: string, next: string | undefined, language: string): boolean {
  if (!isPunctuation(text)) return text.startsWith(' ') || !separatesWords(language);
  // A mark between a space and a letter opens the word that follows: “ ¿” “Qué”, “ $” “5”.
  return text.startsWith(' ') && next !== undefined && !next.startsWith(' ') && !isPunctuation(next);
}

function isPunctuation(text: string): boolean {
  return /^[\p{P}\p{S}]+$/u.test(text.trim());
}

function toWord(tokens: readonly NativeToken[]): Word {
  const spoken = tokens.filter((token) => !isPunctuation(token.text));
  const timed = spoken.length > 0 ? spoken : tokens;
  const startSeconds = timed[0]?.startSeconds ?? 0;
  return {
    text: tokens
      .map((token) => token.text)
      .join('')
      .trim(),
    startSeconds,
    endSeconds: Math.max(startSeconds, timed.at(-1)?.endSeconds ?? 0),
    probability: tokens.reduce((sum, token) => sum + token.probability, 0) / tokens.length,
  };
}
