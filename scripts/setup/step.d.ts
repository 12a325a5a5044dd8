import type { runCommand } from './command.mjs';
import type { Progress } from './progress.mjs';

/** What a step works with. */
export interface Workshop {
  readonly progress: Progress;
  readonly run: typeof runCommand;
}

/** One thing the set-up makes. Checking is cheap and changes nothing; making resumes what an earlier run left. */
export interface Step {
  readonly name: string;
  isCurrent(): boolean;
  /** @throws SetupFailure */
  make(workshop: Workshop): Promise<void>;
}
