import { realpath, stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import type { Dispatcher } from 'undici';
import { EngineError } from '../../errors.js';
import { parseAudioUri } from './audio-uri.js';
import { GuardedClient } from './guarded-client.js';
import { aborted } from './refusal.js';
import type { UriPatience, UriRules } from './uri-rules.js';

/** Which audio a URI names now: the same identity, the same bytes. */
export interface AudioIdentity {
  /** Written in one way: a file with its links followed, an address without what stands behind `#`. */
  readonly uri: string;
  /** Changes when the audio does. Undefined where nobody says: then the URI is all that is known of it. */
  readonly revision: string | undefined;
}

export interface IdentityOptions extends Omit<UriRules, 'allowedFolders'>, UriPatience {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the disk or the host, but reads no audio. What may not be asked, is not there or does not answer has no revision
 * and is no error: a worker may reach what this machine cannot.
 * @throws EngineError `URI_REFUSED` for a URI that no worker would fetch; `ABORTED`
 */
export async function audioIdentity(uri: string, options: IdentityOptions = {}): Promise<AudioIdentity> {
  const parsed = parseAudioUri(uri);
  if (parsed.kind === 'file') return fileIdentity(parsed.path);
  const { signal = new AbortController().signal } = options;
  const client = new GuardedClient(uri, options);
  try {
    const answer = await client.ask('HEAD', parsed.url, signal);
    answer.body.destroy();
    return { uri: parsed.url.href, revision: answer.statusCode === 200 ? revisionOf(answer) : undefined };
  } catch (error) {
    if (signal.aborted) throw aborted(signal);
    if (!(error instanceof EngineError)) throw error;
    return { uri: parsed.url.href, revision: undefined };
  } finally {
    await client.close();
  }
}

async function fileIdentity(path: string): Promise<AudioIdentity> {
  try {
    const real = await realpath(path);
    const { size, mtimeNs } = await stat(real, { bigint: true });
    return { uri: pathToFileURL(real).href, revision: `${size}:${mtimeNs}` };
  } catch {
    return { uri: pathToFileURL(path).href, revision: undefined };
  }
}

/** A strong entity tag, or a date with a length: a weak tag may stand for other bytes. */
function revisionOf({ headers }: Dispatcher.ResponseData): string | undefined {
  const header = (name: string) => [headers[name]].flat()[0];
  const tag = header('etag');
  if (tag?.startsWith('"')) return tag;
  const date = header('last-modified');
  const length = header('content-length');
  return date !== undefined && length !== undefined ? `${date} ${length}` : undefined;
}
