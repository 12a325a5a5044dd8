import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../clock.js';
import { addonPath } from '../../provider/addon.js';
import type { ProbeMessage, ProbeOrder, ProbeStep, ProviderReport, UnavailableProvider } from './provider-report.js';

export interface ProbeOptions {
  /** The model to decode with, checked: see `resolveModel`. */
  readonly model: ProbeOrder['model'];
  readonly clock: Clock;
  /** @defaultValue the addon of this installation */
  readonly binary?: string | undefined;
  /** @defaultValue 10 */
  readonly timeoutSeconds?: number | undefined;
}

/** Half a second of speech. */
const clip = fileURLToPath(new URL('../../../assets/half-second.wav', import.meta.url));

/**
 * Loads the provider's binary and decodes with it in a process of its own. A crash, a hang or an instruction that this
 * CPU does not have is a report, and harms nobody. Never throws.
 */
export async function probeProvider(options: ProbeOptions): Promise<ProviderReport> {
  const { model, clock, binary = addonPath, timeoutSeconds = 10 } = options;
  const child = fork(fileURLToPath(new URL('./probe-process.js', import.meta.url)), {
    stdio: 'ignore',
    execArgv: [],
    serialization: 'advanced',
  });
  return await new Promise((resolve) => {
    let step: ProbeStep = 'start';
    const end = (report: ProviderReport) => {
      stopTimer();
      child.removeAllListeners();
      // Also when it hangs in native code, where nothing gentler reaches it.
      child.once('error', () => undefined);
      child.kill('SIGKILL');
      resolve(report);
    };
    const fail = (reason: string) => end(unavailable(step, reason));
    const stopTimer = clock.after(timeoutSeconds, () => fail(`It hung: no answer within ${timeoutSeconds} s.`));
    child.on('error', (error) => fail(`The probing process could not be started: ${error.message}`));
    child.on('exit', (code, signal) => fail(exitReason(code, signal)));
    child.on('message', (message: ProbeMessage) => {
      switch (message.kind) {
        case 'step':
          step = message.step;
          return;
        case 'done':
          end(message.report);
          return;
        case 'failed':
          fail(failureReason(message.message));
          return;
        default:
          message satisfies never;
      }
    });
    tell(child, { binary, model, clip });
  });
}

function tell(child: ChildProcess, order: ProbeOrder): void {
  // A process that has died already says so by its exit.
  child.send(order, () => undefined);
}

const doing: Record<ProbeStep, string> = {
  start: 'before it loaded the binary',
  binary: 'when its binary was loaded',
  model: 'when the model was loaded',
  decode: 'when half a second of speech was decoded',
};

function unavailable(step: ProbeStep, reason: string): UnavailableProvider {
  return { kind: 'unavailable', provider: 'whisper-cpp', step, reason: `${reason} (${doing[step]})` };
}

function exitReason(code: number | null, signal: NodeJS.Signals | null): string {
  switch (signal) {
    case 'SIGILL':
      return 'It uses instructions that this CPU does not have. Build it on this machine.';
    case 'SIGSEGV':
    case 'SIGBUS':
    case 'SIGABRT':
    case 'SIGFPE':
      return `It crashed (${signal}).`;
    case 'SIGKILL':
      return 'Its process was killed, probably because memory ran out.';
    case null:
      return `Its process ended by itself with exit code ${String(code)}.`;
    default:
      return `Its process was ended by ${signal}.`;
  }
}

/** What a failed `dlopen` means, in words; its own words otherwise. */
function failureReason(message: string): string {
  const glibc = /version `(GLIBC\w*_[\d.]+)' not found/.exec(message)?.[1];
  if (glibc !== undefined) return `It was built for a newer C library: ${glibc} is not here. Build it on this machine.`;
  const library = /^(\S+): cannot open shared object file/.exec(message)?.[1];
  if (library?.startsWith('libc.musl') === true) return 'It was built for musl, and this system has another C library.';
  if (library !== undefined && !library.includes('/')) return `It needs the library ${library}, which is not here.`;
  if (/invalid ELF header|wrong ELF class|file too short|not a mach-o file|not a valid Win32/i.test(message)) {
    return 'It was built for another system or processor, or is damaged.';
  }
  const absent = /^Cannot find module '([^']+)'/.exec(message)?.[1];
  if (absent !== undefined) return `Its binary is not there: ${absent}. Build it with \`npm run setup\`.`;
  const [sentence = ''] = message.split('\n');
  return sentence.endsWith('.') ? sentence : `${sentence}.`;
}
