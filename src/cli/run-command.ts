import type { ExitCode } from './exit-code.js';
import type { Terminal } from './terminal.js';

/** Flags that every command has. */
export interface CommonFlags {
  readonly verbose?: boolean;
}

/** Runs the work of a command, which imports what it needs itself: --help and --version answer at once. */
export type RunCommand = (flags: CommonFlags, work: (terminal: Terminal) => Promise<ExitCode>) => Promise<void>;

/** The description of `CommonFlags` for commander. */
export const verboseFlag = ['--verbose', 'also print what caused an error'] as const;
