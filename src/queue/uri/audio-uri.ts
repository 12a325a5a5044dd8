import { fileURLToPath } from 'node:url';
import { refused } from './refusal.js';

/** Where a job's audio is. */
export type AudioUri = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'http'; readonly url: URL };

/**
 * What a job may name: `file:`, `http:` and `https:`, without a name and a password.
 * @throws EngineError `URI_REFUSED`
 */
export function parseAudioUri(uri: string): AudioUri {
  if (!URL.canParse(uri)) throw refused(uri, 'is no URI', 'Write a file as file:///folder/call.wav.');
  const url = new URL(uri);
  switch (url.protocol) {
    case 'file:':
      return { kind: 'file', path: pathOf(url) };
    case 'http:':
    case 'https:':
      return { kind: 'http', url: checkedUrl(url) };
    default:
      throw refused(uri, `has the scheme ${url.protocol}`, 'Only file:, http: and https: are fetched.');
  }
}

function checkedUrl(url: URL): URL {
  if (url.username !== '' || url.password !== '') {
    const instead = 'A queue is read by many: give an address that is signed for a while instead.';
    throw refused(url.href, 'holds a name or a password', instead);
  }
  const plain = new URL(url);
  plain.hash = '';
  return plain;
}

function pathOf(url: URL): string {
  try {
    const path = fileURLToPath(url);
    if (!path.includes('\0')) return path;
  } catch {
    // A host of another machine, or a slash in disguise.
  }
  throw refused(url.href, 'names no file of this machine', 'Write it as file:///folder/call.wav.');
}
