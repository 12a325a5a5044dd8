import { setTimeout as wait } from 'node:timers/promises';
import { describe, EngineError } from '../../errors.js';
import { type FileIdentity, identifyFile } from '../file-identity.js';
import { readGgmlFile } from '../ggml-file.js';
import { downloadFailed, refuseIfAborted } from '../refusal.js';
import { hashFile, isHashOf } from '../verify.js';
import { Patience } from './patience.js';
import { type TransferOrder, transfer } from './transfer.js';

/** A partial file that has become whole, and is the right one. */
export interface FetchedFile {
  readonly identity: FileIdentity;
  readonly sha256: string;
}

/**
 * Asks the hub until the partial file is whole, and makes sure that it is the right one.
 * @throws EngineError `MODEL_DOWNLOAD_FAILED`, `MODEL_CORRUPT`, `MODEL_STORE_UNWRITABLE`, `DISK_FULL`, `ABORTED`
 */
export async function fetchFile(order: TransferOrder): Promise<FetchedFile> {
  const { client, partial, file, options, signal } = order;
  const patience = new Patience(options, partial.doneBytes);
  let startedOver = false;
  for (;;) {
    const begunBytes = partial.doneBytes;
    const outcome = begunBytes === file.sizeBytes ? ({ kind: 'complete' } as const) : await transfer(order);
    switch (outcome.kind) {
      case 'complete': {
        const examined = await examine(order);
        if (!(examined instanceof EngineError)) return examined;
        await partial.discard();
        // What came in one piece is what the hub has; where pieces were put together, one of them may be to blame.
        if (begunBytes === 0 || startedOver) throw examined;
        startedOver = true;
        break;
      }
      case 'startOver':
        await partial.discard();
        if (startedOver) throw downloadFailed(client.address, outcome.why);
        startedOver = true;
        break;
      case 'retry': {
        const waitSeconds = patience.nextTry(partial.doneBytes, outcome.askedSeconds);
        if (waitSeconds === undefined) {
          const why = `${outcome.why}, and ${options.attempts} tries in a row got no further`;
          throw downloadFailed(client.address, why, outcome.cause);
        }
        // A timer that keeps the process alive: its only task may be this download.
        await wait(1000 * waitSeconds, undefined, { signal }).catch(() => refuseIfAborted(signal));
        break;
      }
      default:
        outcome satisfies never;
    }
  }
}

/** The hash and the structure, before the file gets a name under which anybody would look for it. */
async function examine({ client, file, partial, signal }: TransferOrder): Promise<FetchedFile | EngineError> {
  const identity = await identifyFile(partial.path);
  const sha256 = await hashFile(identity, signal);
  try {
    if (!isHashOf(file, sha256)) throw new Error(`its SHA-256 is ${sha256}, where ${file.sha256} is expected`);
    await readGgmlFile(identity, signal);
    return { identity, sha256 };
  } catch (error) {
    if (error instanceof EngineError && error.code === 'ABORTED') throw error;
    return new EngineError(
      'MODEL_CORRUPT',
      `What ${client.address} gave is not the model: ${describe(error)}. It was removed. ` +
        'Name another hub in WHISPERPOOL_HUB, or put the file by hand into a folder named in WHISPERPOOL_MODELS.',
      { cause: error },
    );
  }
}
