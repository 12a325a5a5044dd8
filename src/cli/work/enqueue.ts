import { pathToFileURL } from 'node:url';
import type { EnqueueOptions } from '../../queue/job-request.js';
import { type ExitCode, exitCodes } from '../exit-code.js';
import { loadOptional } from '../optional-packages.js';
import type { Terminal } from '../terminal.js';
import type { QueueFlags } from './work.js';

/** The flags of `whisperpool enqueue`, as commander gives them. */
export type EnqueueFlags = QueueFlags &
  Pick<EnqueueOptions, 'language' | 'task' | 'prompt' | 'words' | 'priority'> & { readonly wait?: boolean };

/** `whisperpool enqueue` */
export async function enqueue(terminal: Terminal, inputs: readonly string[], flags: EnqueueFlags): Promise<ExitCode> {
  const { createQueue } = await loadOptional('queue', () => import('../../queue/index.js'));
  const { redis, postgres, queue: name, model, allowPrivate } = flags;
  await using queue = await createQueue({ redis, postgres, name, model, allowPrivate });
  const { language, task, prompt, words, priority, wait = false } = flags;
  const uris = inputs.map(uriOf);
  const jobs = await queue.enqueueAll(uris.map((uri) => ({ uri, language, task, prompt, words, priority })));
  let exitCode: ExitCode = exitCodes.ok;
  for (const [place, job] of jobs.entries()) {
    const line = { id: job.id, uri: uris[place], isRepeat: job.isRepeat };
    if (!wait) {
      terminal.print(`${JSON.stringify(line)}\n`);
      continue;
    }
    try {
      const { text } = await job.result({ signal: terminal.signal });
      terminal.print(`${JSON.stringify({ ...line, text })}\n`);
    } catch (error) {
      exitCode = terminal.report(error, inputs[place]);
      if (terminal.signal.aborted) break;
    }
  }
  return exitCode;
}

/** An address as it is; a path as the address of its file. */
function uriOf(input: string): string {
  return /^[a-z][a-z\d+.-]+:/iu.test(input) ? input : pathToFileURL(input).href;
}
