import type { LadderEntry } from '../../degrade/ladder-journal.js';
import type { Health } from '../../engine/health.js';
import type { Priority } from '../../scheduler/work.js';
import type { Distribution, PlanReading, Quantiles } from '../../telemetry/reading.js';
import type { EngineSnapshot, SourceSnapshot } from '../../telemetry/snapshot.js';

/** The server in one look: what `GET /v1/state` tells once a second. Sums only, so that no caller sees another's sessions. */
export interface ServerState {
  readonly uptimeSeconds: number;
  readonly status: Health['status'] | 'draining';
  /** Absent while there is none. */
  readonly model?: { readonly name: string; readonly variant: string };
  readonly slots: EngineSnapshot['slots'];
  readonly sessions: EngineSnapshot['sessions'];
  /** Live sources and what waits of them, by priority. */
  readonly sources: Readonly<Record<Priority, SourceSum>>;
  readonly uploads: UploadCounts;
  readonly ladder: EngineSnapshot['ladder'] & {
    /** ρ on the rung in force; null while nothing is known. */
    readonly load: number | null;
    /** Its last decisions, newest first. */
    readonly history: readonly Step[];
  };
  /** Of the last 60–120 s; what was not measured in them is absent. */
  readonly finalLatencySeconds?: Quantiles;
  readonly partialLatencySeconds?: Quantiles;
  /** Of the plan that decoded most in the last 60–120 s. */
  readonly rtf?: Quantiles & Pick<PlanReading, 'model' | 'variant'>;
  readonly providers: EngineSnapshot['providers'];
  readonly memory: EngineSnapshot['memory'];
}

export interface SourceSum {
  readonly sources: number;
  /** Chunks that wait for a slot. */
  readonly queuedChunks: number;
  /** Audio that was accepted and is neither told nor on disk yet. */
  readonly queuedSeconds: number;
  /** What the oldest of them has waited; 0 when none waits. */
  readonly oldestWaitSeconds: number;
}

/** Files that came over HTTP. */
export interface UploadCounts {
  /** Those that wait are among them. */
  readonly running: number;
  readonly limit: number;
}

/** A decision of the ladder, with rungs by their names. */
export interface Step extends Pick<LadderEntry, 'kind' | 'reason'> {
  readonly secondsAgo: number;
  readonly from: string;
  readonly to: string;
}

const mostSteps = 8;
const priorities = ['critical', 'normal', 'background'] as const satisfies readonly Priority[];

export interface StateSources {
  readonly snapshot: EngineSnapshot;
  readonly health: Pick<Health, 'status' | 'model'>;
  readonly history: readonly LadderEntry[];
  readonly uploads: UploadCounts;
  readonly isDraining: boolean;
}

export function serverState({ snapshot, health, history, uploads, isDraining }: StateSources): ServerState {
  const { telemetry, ladder, atSeconds } = snapshot;
  const { finalLatencySeconds, partialLatencySeconds } = telemetry;
  const rungName = (rung: number) => ladder.rungs[rung]?.name ?? String(rung);
  const step = ({ kind, reason, from, to, atSeconds: thenSeconds }: LadderEntry): Step => {
    return { kind, reason, from: rungName(from), to: rungName(to), secondsAgo: Math.max(0, atSeconds - thenSeconds) };
  };
  const used = health.model.kind === 'ready' ? health.model.result.actual : undefined;
  const busiest = busiestOf(telemetry.plans);
  return {
    uptimeSeconds: telemetry.uptimeSeconds,
    status: isDraining ? 'draining' : health.status,
    ...(used && { model: { name: used.model, variant: used.variant } }),
    slots: snapshot.slots,
    sessions: snapshot.sessions,
    sources: sumsOf(snapshot.sources),
    uploads,
    ladder: {
      ...ladder,
      load: ladder.rungs[ladder.rung]?.load ?? null,
      history: history.slice(-mostSteps).reverse().map(step),
    },
    ...recent('finalLatencySeconds', finalLatencySeconds),
    ...recent('partialLatencySeconds', partialLatencySeconds),
    ...(busiest?.rtf.recent && { rtf: { ...busiest.rtf.recent, model: busiest.model, variant: busiest.variant } }),
    providers: snapshot.providers,
    memory: snapshot.memory,
  };
}

function recent<Name extends string>(name: Name, { recent: quantiles }: Distribution) {
  return (quantiles ? { [name]: quantiles } : {}) as Partial<Readonly<Record<Name, Quantiles>>>;
}

function busiestOf(plans: readonly PlanReading[]): PlanReading | undefined {
  const recentCount = ({ rtf }: PlanReading) => rtf.recent?.count ?? 0;
  return plans.toSorted((one, other) => recentCount(other) - recentCount(one))[0];
}

function sumsOf(sources: readonly SourceSnapshot[]): ServerState['sources'] {
  const sums = priorities.map((priority) => [
    priority,
    sumOf(sources.filter((source) => source.priority === priority)),
  ]);
  return Object.fromEntries(sums) as ServerState['sources'];
}

function sumOf(sources: readonly SourceSnapshot[]): SourceSum {
  return sources.reduce<SourceSum>(
    (sum, source) => ({
      sources: sum.sources + 1,
      queuedChunks: sum.queuedChunks + source.queuedChunks,
      queuedSeconds: sum.queuedSeconds + source.queuedSeconds,
      oldestWaitSeconds: Math.max(sum.oldestWaitSeconds, source.oldestWaitSeconds),
    }),
    { sources: 0, queuedChunks: 0, queuedSeconds: 0, oldestWaitSeconds: 0 },
  );
}
