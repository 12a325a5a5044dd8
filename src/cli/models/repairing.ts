import { describe, EngineError } from '../../errors.js';
import { applyRepair } from '../../model/caches/apply-repair.js';
import { inBytes } from '../../model/caches/byte-count.js';
import type { Repair } from '../../model/caches/repair.js';
import { printable } from '../progress-line.js';
import type { Terminal } from '../terminal.js';

/** A repair, and how far it came. */
export interface RepairOutcome {
  readonly repair: Repair;
  readonly outcome: 'planned' | 'done' | 'skipped' | 'failed';
  /** Why it was skipped, or has failed. */
  readonly obstacle?: string;
}

/**
 * Shows what would be done, and asks whether it may be.
 * @throws EngineError `OPTION_INVALID` when there is nobody to ask
 */
export async function mayRepair(terminal: Terminal, repairs: readonly Repair[], yes: boolean): Promise<boolean> {
  terminal.say('To be done:');
  for (const repair of repairs) terminal.say(`  ${taskText(repair)}\n    ${printable(repair.reason)}`);
  if (yes) return true;
  if (terminal.stdin.isTTY) return terminal.ask('Do it? [y/N] ');
  throw new EngineError('OPTION_INVALID', 'Nothing was changed: stdin is no terminal to ask on. Add --yes to agree.');
}

/**
 * Does what can be done, and says so of each.
 * @throws EngineError `ABORTED`
 */
export async function applyRepairs(terminal: Terminal, repairs: readonly Repair[]): Promise<readonly RepairOutcome[]> {
  const outcomes: RepairOutcome[] = [];
  for (const repair of repairs) {
    const result = await tried(repair, terminal.signal);
    const why = result.obstacle === undefined ? '' : ` - ${result.obstacle}`;
    terminal.say(`${result.outcome}: ${taskText(repair)}${why}`);
    outcomes.push(result);
  }
  return outcomes;
}

async function tried(repair: Repair, signal: AbortSignal): Promise<RepairOutcome> {
  try {
    const result = await applyRepair(repair, { nowSeconds: Date.now() / 1000, signal });
    return result.kind === 'done'
      ? { repair, outcome: 'done' }
      : { repair, outcome: 'skipped', obstacle: result.reason };
  } catch (error) {
    if (signal.aborted) throw error;
    return { repair, outcome: 'failed', obstacle: describe(error) };
  }
}

function taskText(repair: Repair): string {
  const path = printable(repair.path);
  switch (repair.kind) {
    case 'make-folder':
      return `make the folder ${path}`;
    case 'copy':
      return `copy ${printable(repair.from)} to ${path} (${inBytes(repair.bytes)})`;
    case 'remove':
      return `remove ${path} (${inBytes(repair.bytes)})`;
    default:
      return repair satisfies never;
  }
}
