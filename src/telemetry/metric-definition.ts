import type { DecodesReading, Distribution, GapsReading, Quantiles, TelemetryReading } from './reading.js';
import type { EngineSnapshot, SourceSnapshot } from './snapshot.js';

type Labels = Readonly<Record<string, string | number>>;

/** A value and the labels that it stands under. */
export interface Sample<Value> {
  readonly labels: Labels;
  readonly value: Value;
}

interface Definition<Type extends string, Value> {
  readonly type: Type;
  /** Without the prefix. */
  readonly name: string;
  /** A sentence, units in it. */
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly samples: (snapshot: EngineSnapshot) => readonly Sample<Value>[];
}

/** A metric and where it stands in a snapshot. */
export type MetricDefinition =
  | Definition<'counter', number>
  | Definition<'gauge', number>
  | Definition<'summary', Distribution>;

/** Quantiles by the names that Prometheus gives them. */
export function quantileSamples({ p50, p95, p99, max }: Quantiles): readonly Sample<number>[] {
  const named = [
    ['0.5', p50],
    ['0.95', p95],
    ['0.99', p99],
    ['1', max],
  ] as const;
  return named.map(([quantile, value]) => ({ labels: { quantile }, value }));
}

/** Of live sources. */
const priorities = ['critical', 'normal', 'background'] as const;

export function gauge(name: string, help: string, amountOf: (snapshot: EngineSnapshot) => number): MetricDefinition {
  return { type: 'gauge', name, help, labelNames: [], samples: (snapshot) => unlabelled(amountOf(snapshot)) };
}

export function counter(
  name: string,
  help: string,
  amountOf: (telemetry: TelemetryReading) => number,
): MetricDefinition {
  return {
    type: 'counter',
    name,
    help,
    labelNames: [],
    samples: ({ telemetry }) => unlabelled(amountOf(telemetry)),
  };
}

export function summary(
  name: string,
  help: string,
  of: (telemetry: TelemetryReading) => Distribution,
): MetricDefinition {
  return { type: 'summary', name, help, labelNames: [], samples: ({ telemetry }) => unlabelled(of(telemetry)) };
}

export function counters(
  name: string,
  help: string,
  label: string,
  countsOf: (telemetry: TelemetryReading) => Readonly<Record<string, number>>,
): MetricDefinition {
  return {
    type: 'counter',
    name,
    help,
    labelNames: [label],
    samples: ({ telemetry }) => labelled(label, countsOf(telemetry)),
  };
}

export function ofKind<Type extends 'counter' | 'summary'>(
  name: string,
  help: string,
  type: Type,
  amountOf: (decodes: DecodesReading) => Type extends 'counter' ? number : Distribution,
) {
  return {
    type,
    name,
    help,
    labelNames: ['kind'],
    samples: ({ telemetry }: EngineSnapshot) =>
      Object.entries(telemetry.decodes).map(([kind, decodes]) => ({ labels: { kind }, value: amountOf(decodes) })),
  };
}

export function ofGaps(name: string, help: string, amountOf: (gaps: GapsReading) => number): MetricDefinition {
  return {
    type: 'counter',
    name,
    help,
    labelNames: ['reason'],
    samples: ({ telemetry }) =>
      Object.entries(telemetry.gaps).map(([reason, gaps]) => ({ labels: { reason }, value: amountOf(gaps) })),
  };
}

export function ofSources(
  name: string,
  help: string,
  amountOf: (sources: readonly SourceSnapshot[]) => number,
): MetricDefinition {
  return {
    type: 'gauge',
    name,
    help,
    labelNames: ['priority'],
    samples: ({ sources }) =>
      priorities.map((priority) => ({
        labels: { priority },
        value: amountOf(sources.filter((source) => source.priority === priority)),
      })),
  };
}

function unlabelled<Value>(value: Value): readonly Sample<Value>[] {
  return [{ labels: {}, value }];
}

export function labelled<Value>(label: string, values: Readonly<Record<string, Value>>): readonly Sample<Value>[] {
  return Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value }));
}
