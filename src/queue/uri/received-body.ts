import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Dispatcher } from 'undici';
import { type Clock, systemClock } from '../../clock.js';
import { EngineError } from '../../errors.js';
import { PaceWatch } from '../../model/store/pace-watch.js';
import { aborted, reasonOf, tooLarge, unreachable } from './refusal.js';
import type { UriPatience } from './uri-rules.js';

export interface BodyOrder extends UriPatience {
  readonly folder: string;
  readonly limitBytes: number;
  readonly signal: AbortSignal;
  readonly clock?: Clock | undefined;
}

export interface ReceivedBody {
  readonly path: string;
  readonly sizeBytes: number;
}

/**
 * Writes an answer's body into a new file of the folder; nothing is left of one that fails.
 * @throws EngineError `URI_UNREACHABLE`, `UPLOAD_TOO_LARGE`, `DISK_FULL`, `OPTION_INVALID`, `ABORTED`
 */
export async function receiveBody(
  uri: string,
  { headers, body }: Dispatcher.ResponseData,
  order: BodyOrder,
): Promise<ReceivedBody> {
  const { folder, limitBytes, signal, clock = systemClock } = order;
  if (Number(headers['content-length']) > limitBytes) {
    body.destroy();
    throw tooLarge(uri, limitBytes);
  }
  const path = join(folder, `audio-${randomUUID()}`);
  const { stallTimeoutSeconds = 30, slowBytesPerSecond = 4096 } = order;
  const pace = new AbortController();
  const limits = { clock, stallTimeoutSeconds, slowBytesPerSecond, slowSeconds: 60 };
  const watch = new PaceWatch(limits, (why) => pace.abort(new Error(why)));
  let sizeBytes = 0;
  const counted = async function* (pieces: AsyncIterable<Buffer>) {
    for await (const piece of pieces) {
      sizeBytes += piece.length;
      if (sizeBytes > limitBytes) throw tooLarge(uri, limitBytes);
      watch.advance(piece.length);
      yield piece;
    }
  };
  try {
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    await pipeline(body, counted, file, { signal: AbortSignal.any([signal, pace.signal]) });
    return { path, sizeBytes };
  } catch (error) {
    await rm(path, { force: true });
    if (error instanceof EngineError) throw error;
    if (signal.aborted) throw aborted(signal);
    throw unfinished(uri, folder, pace.signal.aborted ? pace.signal.reason : error);
  } finally {
    watch.stop();
  }
}

function unfinished(uri: string, folder: string, error: unknown): EngineError {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const message = `There is no room for the audio in ${folder}. Make room, or name another folder.`;
    return new EngineError('DISK_FULL', message, { cause: error });
  }
  if (syscall === 'open') {
    const message = `No file can be made in ${folder}: ${reasonOf(error)}. Name another folder.`;
    return new EngineError('OPTION_INVALID', message, { cause: error });
  }
  return unreachable(uri, `the transfer broke off: ${reasonOf(error)}`, error);
}
