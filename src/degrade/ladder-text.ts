import type { LadderEntry } from './ladder-journal.js';
import type { Rung } from './rung.js';
import type { LoadSnapshot } from './snapshot.js';

/** Where a ladder stands, for people. */
export interface LadderView {
  readonly policy: string;
  readonly rungs: readonly Rung[];
  readonly isDryRun: boolean;
  readonly isPinned: boolean;
  readonly inForce: number;
  readonly decided: number;
  /** Of what was decided last, staying included. */
  readonly reason: string;
  readonly snapshot: LoadSnapshot | undefined;
  readonly entries: readonly LadderEntry[];
}

const entriesShown = 10;

/** The view as a text of several lines. */
export function ladderText(view: LadderView): string {
  const { policy, rungs, isDryRun, isPinned, inForce, decided, reason, snapshot, entries } = view;
  const names = rungs.map(({ name }) => `'${name}'`);
  const heading = decided === inForce ? '' : isDryRun ? `, would be ${decided}` : `, on the way to ${decided}`;
  const how = [isDryRun && 'dry run', isPinned && 'pinned'].filter((word) => word !== false).join(', ');
  const lines = [
    `Rung ${inForce} ${names[inForce] ?? ''}${heading} by policy '${policy}'${how === '' ? '' : ` (${how})`}.`,
    reason,
    ...names.map((name, rung) => `${rung === inForce ? '>' : ' '} ${rung} ${name}${loadOf(snapshot, rung)}`),
  ];
  if (entries.length > 0) lines.push('Last decisions:', ...entries.slice(-entriesShown).map(lineOf));
  return lines.join('\n');
}

function loadOf(snapshot: LoadSnapshot | undefined, rung: number): string {
  const load = snapshot?.load[rung];
  if (load === undefined) return '';
  return load === Number.POSITIVE_INFINITY ? ': cannot be taken' : `: load ${load.toFixed(2)}`;
}

function lineOf({ atSeconds, kind, from, to, reason }: LadderEntry): string {
  return `${atSeconds.toFixed(0)} s ${kind} ${from} → ${to}: ${reason}`;
}
