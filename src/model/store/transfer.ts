import type { Dispatcher } from 'undici';
import { describe, EngineError } from '../../errors.js';
import type { CatalogFile } from '../catalog.js';
import { foreignFormat } from '../foreign-format.js';
import { aborted, downloadFailed } from '../refusal.js';
import { judgeAnswer } from './http-answer.js';
import type { HubClient } from './hub-client.js';
import { PaceWatch } from './pace-watch.js';
import type { PartialFile } from './partial-file.js';
import { PrivateAddressError } from './public-address.js';
import type { ResolvedStoreOptions } from './store-options.js';

/** How one question to the hub ended. What it threw is not worth asking again. `why` is the end of a sentence. */
export type TransferOutcome =
  | { readonly kind: 'complete' }
  | { readonly kind: 'startOver'; readonly why: string }
  | {
      readonly kind: 'retry';
      readonly why: string;
      readonly askedSeconds?: number | undefined;
      readonly cause?: unknown;
    };

export interface TransferOrder {
  readonly file: CatalogFile;
  readonly partial: PartialFile;
  readonly client: HubClient;
  readonly options: ResolvedStoreOptions;
  readonly signal: AbortSignal;
  /** Told after every piece. */
  readonly onBytes: (doneBytes: number) => void;
}

/** Every ggml file begins with these, the number 0x67676d6c. */
const magic = 'lmgg';

/** Time does not mend a certificate. */
const ofCertificates = /^(CERT_|ERR_TLS_|ERR_SSL_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_)/;

/**
 * Asks once for what is missing of a partial file, and writes it there.
 * @throws EngineError `MODEL_DOWNLOAD_FAILED`, `MODEL_STORE_UNWRITABLE`, `DISK_FULL`, `ABORTED`
 */
export async function transfer(order: TransferOrder): Promise<TransferOutcome> {
  const { client, file, partial, signal } = order;
  const pace = new AbortController();
  try {
    const answer = await client.get(rangeHeaders(partial), AbortSignal.any([signal, pace.signal]));
    const { sizeBytes } = file;
    const { doneBytes: offsetBytes, validator } = partial;
    const seen = { status: answer.statusCode, headers: answer.headers };
    const verdict = judgeAnswer({ sizeBytes, offsetBytes, validator }, seen, Date.now());
    if (verdict.kind === 'take') {
      await partial.open(verdict.fromBytes, verdict.validator);
      return await receive(order, answer.body, pace);
    }
    answer.body.destroy();
    if (verdict.kind === 'refuse') throw downloadFailed(client.address, verdict.why);
    return verdict;
  } catch (error) {
    if (error instanceof EngineError) throw error;
    if (signal.aborted) throw aborted(signal);
    const cause: unknown = pace.signal.aborted ? pace.signal.reason : error;
    // When several addresses of a host were tried in vain, the error that sums it up has a code only.
    const why = `the connection failed: ${describe(cause) || codeOf(cause)}`;
    if (isLasting(cause)) throw downloadFailed(client.address, why, cause);
    return { kind: 'retry', why, cause };
  } finally {
    await partial.close();
  }
}

function isLasting(cause: unknown): boolean {
  return cause instanceof PrivateAddressError || ofCertificates.test(codeOf(cause));
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

async function receive(
  { client, file, partial, options, onBytes }: TransferOrder,
  body: Dispatcher.ResponseData['body'],
  pace: AbortController,
): Promise<TransferOutcome> {
  const watch = new PaceWatch(options, (why) => pace.abort(new Error(why)));
  let head = Buffer.alloc(0);
  try {
    onBytes(partial.doneBytes);
    for await (const piece of body as AsyncIterable<Buffer>) {
      watch.advance(piece.length);
      if (partial.doneBytes + piece.length > file.sizeBytes) {
        await partial.discard();
        throw downloadFailed(client.address, `the hub sends more than the ${file.sizeBytes} bytes of the file`);
      }
      if (partial.doneBytes === head.length && head.length < magic.length) {
        head = Buffer.concat([head, piece]);
        if (head.length >= magic.length && !head.toString('latin1').startsWith(magic)) {
          await partial.discard();
          throw downloadFailed(client.address, `what the hub sends ${foreignFormat(head).looksLike}`);
        }
      }
      await partial.append(piece);
      onBytes(partial.doneBytes);
    }
  } finally {
    watch.stop();
  }
  if (partial.doneBytes === file.sizeBytes) return { kind: 'complete' };
  return { kind: 'retry', why: `the body ended after ${partial.doneBytes} of ${file.sizeBytes} bytes` };
}

/** Asks for the rest only if it is still the rest of the same file. */
function rangeHeaders({ doneBytes, validator }: PartialFile): Readonly<Record<string, string>> {
  if (doneBytes === 0 || validator === undefined) return {};
  return { range: `bytes=${doneBytes}-`, 'if-range': validator };
}
