import type { CacheReport, CacheState, ModelFinding, NameInUse, Waste } from '../../model/caches/cache-report.js';
import type { Repair } from '../../model/caches/repair.js';
import type { RepairOutcome } from './repairing.js';

/** What `check --json` prints. Fields are added, never renamed. */
interface CacheDocument {
  readonly state: CacheState;
  readonly counts: CacheReport['counts'];
  readonly models: readonly CacheModel[];
  /** What each tool takes when it is asked for a model by a name. */
  readonly names: readonly NameInUse[];
  readonly waste: readonly Omit<Waste, 'removal'>[];
  readonly wastedBytes: number;
  /** What `--fix` would do, or did. */
  readonly repairs: readonly CacheRepair[];
}

interface CacheRepair {
  readonly kind: Repair['kind'];
  readonly path: string;
  /** Of a copy. */
  readonly from?: string;
  /** That it takes, or gives back. */
  readonly bytes: number;
  readonly reason: string;
  readonly outcome: RepairOutcome['outcome'];
  /** Why it was skipped, or has failed. */
  readonly obstacle?: string | undefined;
}

interface CacheModel {
  readonly tool: string;
  readonly model: string;
  readonly variant?: string | undefined;
  /** Where it is published: a hub repository, or a file. */
  readonly source: string;
  readonly state: CacheState;
  /** What is wrong, and what else there is to know; a sentence each. */
  readonly reasons: readonly string[];
  /** Of one that is there. */
  readonly paths?: readonly string[];
  readonly sizeBytes?: number;
  readonly revision?: string | undefined;
}

export function cacheDocument(report: CacheReport, repairs: readonly RepairOutcome[]): CacheDocument {
  const { state, counts, findings, names, waste, wastedBytes } = report;
  return {
    state,
    counts,
    models: findings.map(modelOf),
    names,
    waste: waste.map(({ kind, tool, paths, bytes, reason, byDesign }) => ({
      kind,
      tool,
      paths,
      bytes,
      reason,
      byDesign,
    })),
    wastedBytes,
    repairs: repairs.map(repairOf),
  };
}

function modelOf(finding: ModelFinding): CacheModel {
  const { tool, model, variant, source, state, reasons } = finding;
  const asked = { tool, model, variant, source, state, reasons };
  if (finding.state === 'missing') return asked;
  const { paths, sizeBytes, revision } = finding;
  return { ...asked, paths, sizeBytes, revision };
}

function repairOf({ repair, outcome, obstacle }: RepairOutcome): CacheRepair {
  const { kind, path, bytes, reason } = repair;
  return { kind, path, ...(kind === 'copy' && { from: repair.from }), bytes, reason, outcome, obstacle };
}
