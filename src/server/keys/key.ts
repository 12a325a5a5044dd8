import { createHash, randomBytes } from 'node:crypto';
import type { KeyLimits } from '../gate.js';

/** A key as the server knows it: it can be recognised, and cannot be found out. */
export interface StoredKey {
  /** Of whoever has it; unique in its file. */
  readonly name: string;
  /** SHA-256 of the key. */
  readonly hash: Buffer;
  /** When it was made, as ISO 8601. */
  readonly createdAt: string;
  readonly limits: KeyLimits;
}

const randomByteCount = 32;
/** So that people, and programs that look for leaked secrets, see what it is. */
const prefix = 'wp_';

/** A new key: 256 random bits. */
export function newKey(): string {
  return `${prefix}${randomBytes(randomByteCount).toString('base64url')}`;
}

/** A slow hash, as for passwords, would protect what can be guessed; nobody guesses 256 random bits. */
export function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
