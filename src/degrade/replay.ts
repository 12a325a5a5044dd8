import { mostChanges, mostSnapshots } from './history-limits.js';
import type { Decision, Policy, RungChange } from './policy.js';
import { invalidLine, type Line, readLines, withNumbers } from './recording-lines.js';
import type { TickLine } from './recording-look.js';
import { safely } from './safely.js';
import type { LoadSnapshot } from './snapshot.js';

/** A tick of a recorded run, decided again. */
export interface ReplayedTick {
  /** From the start of the recording. */
  readonly atSeconds: number;
  readonly recorded: Decision;
  readonly replayed: Decision;
}

/** What a policy says to the snapshots of a recorded run. */
export interface Replay {
  readonly policy: string;
  /** Those that the policy of the run has decided: not those in which a rung was pinned. */
  readonly ticks: readonly ReplayedTick[];
  /** Those of `ticks` in which it wants another rung. */
  readonly differences: readonly ReplayedTick[];
  /** What was wrong with the policy, so that the standard rule took over; empty when nothing was. */
  readonly faults: readonly string[];
}

/**
 * Asks a policy again what a recorded run asked its own, with the same memory. The policy that was in force decides the
 * same. Of another, the first difference is what it would have done; after that the snapshots are still those of the run,
 * in which it was not done. What would have come of it, `simulate` says.
 * @param recording - JSON lines of `engine.record`; of a trace without ticks nothing is asked
 * @throws EngineError `OPTION_INVALID` with the number of the line
 */
export function replay(policy: Policy, recording: string): Replay {
  const faults: string[] = [];
  const asked = safely(policy, ({ error }) => faults.push(error.message));
  let snapshots: readonly LoadSnapshot[] = [];
  let changes: readonly RungChange[] = [];
  const ticks: ReplayedTick[] = [];
  for (const line of readLines(recording)) {
    if (line.fields['kind'] !== 'tick') continue;
    const { atSeconds, snapshot, changes: more = [], decision: recorded, isPinned = false } = tickOf(line);
    snapshots = [...snapshots.slice(1 - mostSnapshots), snapshot];
    changes = [...changes, ...more].slice(-mostChanges);
    if (!recorded || isPinned) continue;
    ticks.push({ atSeconds, recorded, replayed: asked.decide(snapshot, { snapshots, changes }) });
  }
  const differences = ticks.filter(({ recorded, replayed }) => recorded.rung !== replayed.rung);
  return { policy: policy.name, ticks, differences, faults };
}

function tickOf({ number, fields }: Line): TickLine {
  const { snapshot, decision, changes = [] } = fields as Partial<TickLine>;
  const isSound =
    Array.isArray(snapshot?.load) && Array.isArray(changes) && (!decision || Number.isInteger(decision.rung));
  if (!isSound) throw invalidLine(number, "it is no sound 'tick'");
  return { ...(fields as unknown as TickLine), snapshot: withNumbers(snapshot) as LoadSnapshot };
}
