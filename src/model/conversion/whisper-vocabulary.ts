import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Dimensions } from '../dimensions.js';
import { isThere } from '../file-identity.js';
import { isMultilingual } from '../model-name.js';
import { corrupt, missing, truncated } from '../refusal.js';
import { readJson, readText } from './model-folder.js';

/** Tokens that a ggml file spells out: as many in English only as in all languages, where the last one is empty. */
const spelledTokens = 50_257;
/** More than any published vocabulary has. */
const mostTokens = 60_000;
/** No token of a published vocabulary is longer. */
const longestTokenBytes = 128;

/** GPT-2 writes every byte as a letter that can be seen: itself where it is one, the others as those from U+0100 on. */
const byteOfLetter: readonly number[] = (() => {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const hidden = bytes.filter((byte) => byte <= 0x20 || (byte >= 0x7f && byte <= 0xa0) || byte === 0xad);
  return [...bytes.map((byte) => (hidden.includes(byte) ? -1 : byte)), ...hidden];
})();

/** What is read of a file of the tokenizers library. */
interface TokenizerFile {
  readonly model?: { readonly vocab?: Readonly<Record<string, unknown>> } | null;
  readonly added_tokens?: unknown;
}

interface AddedToken {
  readonly id?: unknown;
  readonly content?: unknown;
}

type Tokens = readonly (string | undefined)[];

/** The files that list the tokens of a model, best first. The last one leaves out the tokens for times. */
const files: readonly {
  readonly name: string;
  readonly complete: boolean;
  readonly read: (path: string) => Promise<Tokens>;
}[] = [
  { name: 'vocabulary.json', complete: true, read: readList },
  { name: 'vocabulary.txt', complete: true, read: readLines },
  { name: 'tokenizer.json', complete: false, read: readTokenizer },
];

/**
 * The tokens of a model's folder as the bytes that they stand for, as many as a ggml file has.
 * @throws EngineError `MODEL_MISSING`, `MODEL_TRUNCATED`, `MODEL_CORRUPT`
 */
export async function readVocabulary(folder: string, dimensions: Dimensions): Promise<Buffer> {
  for (const { name, complete, read } of files) {
    const path = join(folder, name);
    if (!(await isThere(path))) continue;
    const tokens = await read(path);
    const endOfText = isMultilingual(dimensions) ? spelledTokens : spelledTokens - 1;
    const expected = complete ? dimensions.vocabulary : endOfText + 1;
    if (tokens.length < expected) throw truncated(path, `it has ${tokens.length} of ${expected} tokens`);
    // whisper.cpp knows the special tokens, which follow, by their numbers.
    if (tokens[endOfText] !== '<|endoftext|>') {
      throw corrupt(path, `its token ${endOfText} is ${JSON.stringify(tokens[endOfText])}, not <|endoftext|>`);
    }
    // The event loop waited for the reading already.
    await setImmediate();
    return spell(path, tokens.slice(0, spelledTokens));
  }
  throw missing(join(folder, 'vocabulary.txt'), 'does not exist, nor do vocabulary.json and tokenizer.json beside it');
}

async function readList(path: string): Promise<Tokens> {
  const tokens = await readJson(path);
  if (Array.isArray(tokens) && tokens.every((token) => typeof token === 'string')) return tokens;
  throw corrupt(path, 'it is no list of tokens');
}

/** The empty token is an empty line; behind the last line there is none. */
async function readLines(path: string): Promise<Tokens> {
  return (await readText(path)).replace(/\r?\n$/, '').split(/\r?\n/);
}

/** The text tokens by their spelling, the special ones apart. */
async function readTokenizer(path: string): Promise<Tokens> {
  const { added_tokens: added, model } = (await readJson(path)) as TokenizerFile;
  const special = (Array.isArray(added) ? added : []) as readonly (AddedToken | null)[];
  const spelled = special.map((token) => [token?.content, token?.id] as const);
  const tokens: string[] = [];
  for (const [token, index] of [...Object.entries(model?.vocab ?? {}), ...spelled]) {
    if (typeof token !== 'string' || typeof index !== 'number' || !(index >= 0 && index < mostTokens)) {
      throw corrupt(path, `its token ${JSON.stringify(token)} has the number ${JSON.stringify(index)}`);
    }
    tokens[index] = token;
  }
  return tokens;
}

/** In one buffer: fifty thousand would keep the event loop waiting. */
function spell(path: string, tokens: Tokens): Buffer {
  const section = Buffer.alloc(tokens.reduce((bytes, token) => bytes + 4 + (token?.length ?? 0), 4));
  let position = section.writeInt32LE(tokens.length);
  for (const [index, token] of tokens.entries()) {
    if (token === undefined) throw corrupt(path, `its token ${index} is missing`);
    if (token.length > longestTokenBytes) throw corrupt(path, `its token ${index} has ${token.length} bytes`);
    position = section.writeInt32LE(token.length, position);
    for (let letter = 0; letter < token.length; letter += 1) {
      const byte = byteOfLetter[token.charCodeAt(letter)] ?? -1;
      if (byte < 0) {
        throw corrupt(path, `its token ${index} is ${JSON.stringify(token)}, which does not stand for bytes`);
      }
      section[position] = byte;
      position += 1;
    }
  }
  return section;
}
