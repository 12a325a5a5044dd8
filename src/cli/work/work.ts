import { type ExitCode, exitCodes } from '../exit-code.js';
import { jsonLog } from '../json-log.js';
import { loadOptional } from '../optional-packages.js';
import type { CommonFlags } from '../run-command.js';
import type { Terminal } from '../terminal.js';
import { whenStopped } from '../when-stopped.js';

/** Which queue, as commander gives it. */
export interface QueueFlags {
  readonly redis?: string;
  readonly postgres?: string;
  readonly queue: string;
  readonly model?: string;
  readonly allowPrivate?: readonly string[];
}

/** The flags of `whisperpool work`, as commander gives them. */
export interface WorkFlags extends QueueFlags {
  readonly offline?: boolean;
  readonly slots?: number;
  readonly results?: string;
  readonly allowFolder?: readonly string[];
  /** MiB. */
  readonly fetchLimit: number;
  /** Seconds. */
  readonly drain: number;
}

/** What closing takes once all has been waited for: jobs are given back, workers end. */
const closingSeconds = 15;

/** `whisperpool work` */
export async function work(terminal: Terminal, flags: WorkFlags & CommonFlags): Promise<ExitCode> {
  const { createWorker } = await loadOptional('queue', () => import('../../queue/index.js'));
  const { model, slots, offline = false, results } = flags;
  const logger = jsonLog(terminal, flags.verbose ?? false);
  const worker = await createWorker({
    redis: flags.redis,
    postgres: flags.postgres,
    name: flags.queue,
    engine: { model, slots, download: !offline, logger },
    results: results === undefined ? undefined : { folder: results },
    fetch: {
      allowedFolders: flags.allowFolder,
      allowPrivate: flags.allowPrivate,
      limitBytes: flags.fetchLimit * 2 ** 20,
    },
    drainSeconds: flags.drain,
    logger,
  });
  terminal.endOrderly(flags.drain + closingSeconds);
  terminal.print(`Working on the queue ${flags.queue}\n`);
  await whenStopped(terminal.signal);
  await worker.close();
  return exitCodes.ok;
}
