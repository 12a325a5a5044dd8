import { rm } from 'node:fs/promises';
import { findAllowedFile } from './allowed-file.js';
import { parseAudioUri } from './audio-uri.js';
import { GuardedClient } from './guarded-client.js';
import { type BodyOrder, receiveBody } from './received-body.js';
import { unreachable } from './refusal.js';
import type { UriRules } from './uri-rules.js';

/** `folder` takes what is fetched; `limitBytes` is the most of one audio. */
export interface FetchOptions extends UriRules, BodyOrder {}

/** Audio that can be read from disk now; disposing of it removes what was fetched, and never the job's own file. */
export interface FetchedAudio extends AsyncDisposable {
  readonly path: string;
  readonly sizeBytes: number;
}

/**
 * Brings a job's audio within reach: a file of an allowed folder as it lies there, what is behind http or https as a file
 * of its own. What a host says about the type of its content is not looked at.
 * @throws EngineError `URI_REFUSED`, `URI_UNREACHABLE`, `UPLOAD_TOO_LARGE`, `DISK_FULL`, `OPTION_INVALID`, `ABORTED`
 */
export async function fetchAudio(uri: string, options: FetchOptions): Promise<FetchedAudio> {
  const parsed = parseAudioUri(uri);
  if (parsed.kind === 'file') {
    const file = await findAllowedFile(uri, parsed.path, options);
    return { ...file, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const client = new GuardedClient(uri, options);
  try {
    const answer = await client.ask('GET', parsed.url, options.signal);
    const encoding = [answer.headers['content-encoding']].flat()[0] ?? 'identity';
    if (answer.statusCode !== 200 || encoding !== 'identity') {
      answer.body.destroy();
      const why = answer.statusCode === 200 ? `sent it in the encoding '${encoding}'` : `answered ${answer.statusCode}`;
      throw unreachable(uri, `the host ${why}`);
    }
    const received = await receiveBody(uri, answer, options);
    return { ...received, [Symbol.asyncDispose]: () => rm(received.path, { force: true }) };
  } finally {
    await client.close();
  }
}
