import { readFileSync } from 'node:fs';
import { describe, EngineError } from '../../errors.js';
import type { KeyLimits } from '../gate.js';
import type { StoredKey } from './key.js';

const version = 1;
/** A name stands in logs and metrics. */
const namePattern = /^[\w.@-]{1,64}$/u;
const hashPattern = /^[\da-f]{64}$/u;

/**
 * All keys of a file.
 * @throws EngineError `OPTION_INVALID` when it cannot be read, or is no file of keys
 */
export function readKeys(path: string): readonly StoredKey[] {
  try {
    return parsed(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new EngineError('OPTION_INVALID', `There are no keys to be had from ${path}: ${describe(error)}`, {
      cause: error,
    });
  }
}

/** What such a file contains. */
export function keysText(keys: readonly StoredKey[]): string {
  const written = keys.map(({ hash, ...rest }) => ({ ...rest, sha256: hash.toString('hex') }));
  return `${JSON.stringify({ version, keys: written }, undefined, 2)}\n`;
}

/** Whether a key can have this name. */
export function isKeyName(name: string): boolean {
  return namePattern.test(name);
}

function parsed(document: unknown): readonly StoredKey[] {
  if (!isRecord(document) || document['version'] !== version || !Array.isArray(document['keys'])) {
    throw new Error(`It is no file of keys in version ${version}.`);
  }
  const keys = document['keys'].map((entry: unknown, index) => {
    const key = isRecord(entry) ? storedKey(entry) : undefined;
    if (key === undefined) throw new Error(`Its key ${index} is not one that \`whisperpool keys\` wrote.`);
    return key;
  });
  const names = new Set(keys.map(({ name }) => name));
  if (names.size < keys.length) throw new Error('Two of its keys have the same name.');
  return keys;
}

function storedKey({ name, sha256, createdAt, limits = {} }: Record<string, unknown>): StoredKey | undefined {
  if (typeof name !== 'string' || !isKeyName(name)) return undefined;
  if (typeof sha256 !== 'string' || !hashPattern.test(sha256)) return undefined;
  if (typeof createdAt !== 'string' || !isRecord(limits)) return undefined;
  const { sessions, transcriptions, requestsPerMinute } = limits;
  const read: KeyLimits = {
    ...(isLimit(sessions) && { sessions }),
    ...(isLimit(transcriptions) && { transcriptions }),
    ...(isLimit(requestsPerMinute) && requestsPerMinute > 0 && { requestsPerMinute }),
  };
  // A limit that is misspelt would be none.
  if (Object.keys(read).length < Object.keys(limits).length) return undefined;
  return { name, hash: Buffer.from(sha256, 'hex'), createdAt, limits: read };
}

function isLimit(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
