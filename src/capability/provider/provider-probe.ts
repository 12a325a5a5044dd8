import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../clock.js';
import { addonPath, buildCommand } from '../../provider/addon.js';
import { exitReason, loadFailureReason } from './failure-reason.js';
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

const remedy = `Build it on this machine: ${buildCommand}.`;

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
    child.on('exit', (code, signal) => fail(exitReason(code, signal, remedy)));
    child.on('message', (message: ProbeMessage) => {
      switch (message.kind) {
        case 'step':
          step = message.step;
          return;
        case 'done':
          end(message.report);
          return;
        case 'failed':
          fail(loadFailureReason(message.message, remedy));
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
