import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a client shows to go on with its session. The session's id, which everybody may know, is in it. */
export interface SessionToken {
  readonly session: string;
  readonly text: string;
}

export function newToken(): SessionToken {
  const session = randomBytes(16).toString('base64url');
  return { session, text: `${session}.${randomBytes(32).toString('base64url')}` };
}

/** The session that a token is of; undefined for what cannot be a token. */
export function sessionOf(text: string): string | undefined {
  return /^([\w-]{22})\.[\w-]{43}$/u.exec(text)?.[1];
}

/** In a time that does not tell how much of it is right. */
export function isSameToken(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
