import { EngineError } from '../../errors.js';
import type { LeaseDirectory } from '../../queue/lease-directory.js';
import type { ServerOptions } from '../../server/options.js';
import { type ExitCode, exitCodes } from '../exit-code.js';
import { jsonLog } from '../json-log.js';
import { loadOptional } from '../optional-packages.js';
import type { CommonFlags } from '../run-command.js';
import type { Terminal } from '../terminal.js';
import { whenStopped } from '../when-stopped.js';

/** The flags of `whisperpool serve`, as commander gives them. */
export interface ServeFlags {
  readonly host: string;
  readonly port: number;
  readonly keys?: string;
  readonly open?: boolean;
  readonly cors?: readonly string[];
  readonly model?: string;
  readonly offline?: boolean;
  readonly language: string;
  readonly slots?: number;
  readonly sessions: number;
  readonly transcriptions?: number;
  /** MiB. */
  readonly uploadLimit: number;
  /** Seconds. */
  readonly audioLimit: number;
  readonly uploadFolder?: string;
  /** Seconds. */
  readonly drain: number;
  readonly page: boolean;
  readonly redis?: string;
  readonly publicUrl?: string;
}

/** What closing takes once all has been waited for: workers end, sockets close. */
const closingSeconds = 10;

/** `whisperpool serve` */
export async function serve(terminal: Terminal, flags: ServeFlags & CommonFlags): Promise<ExitCode> {
  const { createServer } = await loadOptional('server', () => import('../../server/index.js'));
  await using leases = await openLeases(flags);
  const logger = jsonLog(terminal, flags.verbose ?? false);
  const server = await createServer({ ...serverOptions(flags), leases, logger });
  terminal.endOrderly(flags.drain + closingSeconds);
  terminal.print(`Listening on ${server.url}\n`);
  await whenStopped(terminal.signal);
  await server.drain();
  return exitCodes.ok;
}

async function openLeases({ redis, publicUrl }: ServeFlags): Promise<LeaseDirectory | undefined> {
  if (redis === undefined) return undefined;
  if (publicUrl === undefined) {
    throw new EngineError(
      'OPTION_INVALID',
      'With --redis other servers send clients here: add --public-url, the address of /v1/live as clients reach it.',
    );
  }
  const { createLeaseDirectory } = await loadOptional('queue', () => import('../../queue/redis-lease-directory.js'));
  return createLeaseDirectory({ redis, url: publicUrl });
}

function serverOptions(flags: ServeFlags): ServerOptions {
  const { model, language, slots, offline = false } = flags;
  return {
    engine: { model, language, slots, sessionLimit: flags.sessions, download: !offline },
    host: flags.host,
    port: flags.port,
    keysFile: flags.keys,
    isOpen: flags.open,
    corsOrigins: flags.cors,
    transcriptionLimit: flags.transcriptions,
    uploadLimitBytes: flags.uploadLimit * 2 ** 20,
    audioLimitSeconds: flags.audioLimit,
    uploadFolder: flags.uploadFolder,
    drainSeconds: flags.drain,
    page: flags.page,
    publicUrl: flags.publicUrl,
  };
}
