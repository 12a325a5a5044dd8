import { pathToFileURL } from 'node:url';
import { describe } from '../../errors.js';
import type { AddonMessage, AddonOptions } from './addon-messages.js';
import type { AddonRow } from './addon-rows.js';

/** What importing the package gives; it is CommonJS. */
interface Package {
  readonly default: { readonly transcribe: (options: Partial<AddonOptions>) => Promise<readonly AddonRow[]> };
}

/**
 * A process that holds the package, and does what it is asked to. Its binary prints to standard output, which therefore
 * is not the one that the protocol is spoken on.
 */
const [main = ''] = process.argv.slice(2);

// Ctrl-C reaches the whole process group; what becomes of this process is for who started it to say.
process.on('SIGINT', () => undefined);
// A decode cannot be stopped, and would hold up any other end.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

try {
  const { transcribe } = ((await import(pathToFileURL(main).href)) as Package).default;
  // The binary is loaded before the options are looked at.
  await transcribe({}).catch((error: unknown) => {
    if (!describe(error).includes('is required')) throw error;
  });
  process.on('message', (options: AddonOptions) => {
    transcribe(options).then(
      (rows) => say({ kind: 'rows', rows }),
      (error: unknown) => say({ kind: 'failed', message: describe(error) }),
    );
  });
  say({ kind: 'ready' });
} catch (error) {
  say({ kind: 'failed', message: describe(error) });
}

function say(message: AddonMessage): void {
  process.send?.(message);
}
