import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { exitReason, loadFailureReason } from '../../capability/provider/failure-reason.js';
import type { AddonMessage, AddonOptions } from './addon-messages.js';
import type { AddonRow } from './addon-rows.js';

const host = fileURLToPath(new URL('./addon-host.js', import.meta.url));
const remedy = 'whisper-node-addon comes in no other build for this system.';

/** One life of the process that holds the package. It is asked for one thing at a time. */
export class AddonCaller {
  /** Rejects with a sentence when the package cannot be loaded. */
  readonly ready: Promise<void>;
  readonly #child;
  #settle: (answer: AddonMessage) => void = () => undefined;

  /**
   * @param main - the file of the package that Node loads
   * @param onDeath - told why it ended, unless `kill` ended it
   */
  constructor(main: string, onDeath: (reason: string) => void) {
    // What is printed, also by the binary, is nobody's answer.
    this.#child = fork(host, [main], { stdio: ['ignore', 2, 2, 'ipc'], execArgv: [], serialization: 'advanced' });
    this.ready = this.#answer().then((answer) => {
      if (answer.kind === 'failed') throw new Error(loadFailureReason(packageWords(answer.message), remedy));
    });
    this.#child.on('message', (answer: AddonMessage) => this.#settle(answer));
    this.#child.once('error', ({ message }) => onDeath(`It could not be started: ${message}.`));
    this.#child.once('exit', (code, signal) => onDeath(exitReason(code, signal, remedy)));
  }

  /** @throws Error with the package's words */
  async transcribe(options: AddonOptions): Promise<readonly AddonRow[]> {
    const answer = this.#answer();
    this.#child.send(options, () => undefined);
    const said = await answer;
    if (said.kind === 'rows') return said.rows;
    throw new Error(said.kind === 'failed' ? said.message : 'It answered something else.');
  }

  /** Ends it, whatever it does; what it was asked for is not answered. */
  kill(): void {
    this.#child.removeAllListeners().on('error', () => undefined);
    this.#child.kill('SIGKILL');
  }

  #answer(): Promise<AddonMessage> {
    return new Promise((resolve) => {
      this.#settle = resolve;
    });
  }
}

function packageWords(message: string): string {
  return message.replace(/^Failed to load native addon: (Error: )?/u, '');
}
