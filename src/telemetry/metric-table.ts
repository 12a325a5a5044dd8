import {
  counter,
  counters,
  gauge,
  labelled,
  type MetricDefinition,
  ofGaps,
  ofKind,
  ofSources,
  quantileSamples,
  summary,
} from './metric-definition.js';
import type { PlanReading } from './reading.js';
import type { EngineSnapshot, ProviderReading } from './snapshot.js';

const slotMetrics: readonly MetricDefinition[] = [
  gauge('slots', 'Decodes that can run at a time.', ({ slots }) => slots.total),
  gauge('slots_busy', 'Decodes that run now.', ({ slots }) => slots.busy),
  ofKind('decode_seconds', 'Wall time of a decode.', 'summary', ({ decodeSeconds }) => decodeSeconds),
  ofKind('audio_seconds_total', 'Audio decoded; again each time.', 'counter', ({ audioSeconds }) => audioSeconds),
  ofKind('retries_total', 'Decodes made again in full.', 'counter', ({ retries }) => retries),
  {
    type: 'summary',
    name: 'rtf',
    help: 'Decode seconds over audio seconds, by plan.',
    labelNames: ['model', 'variant', 'encoder_context'],
    samples: ({ telemetry }) => telemetry.plans.map((plan) => ({ labels: labelsOf(plan), value: plan.rtf })),
  },
  counters('restarts_total', 'Threads that died and were replaced.', 'thread', ({ restarts }) => restarts),
  counters('failures_total', 'Work that failed, by the code of its error.', 'code', ({ failures }) => failures),
];

const queueMetrics: readonly MetricDefinition[] = [
  {
    type: 'summary',
    name: 'queue_seconds',
    help: 'Seconds that a chunk waited before a slot took it.',
    labelNames: ['priority'],
    samples: ({ telemetry }) => labelled('priority', telemetry.queueSeconds),
  },
  ofSources('sources', 'Live sources.', (sources) => sources.length),
  ofSources('queued_chunks', 'Chunks that wait for a slot.', (sources) => sum(sources, (one) => one.queuedChunks)),
  ofSources('queued_seconds', 'Audio that waits for a slot.', (sources) => sum(sources, (one) => one.queuedSeconds)),
  ofSources('oldest_wait_seconds', 'The longest that a chunk has waited by now.', (sources) =>
    sources.reduce((longest, { oldestWaitSeconds }) => Math.max(longest, oldestWaitSeconds), 0),
  ),
  ofSources('unheard_seconds', 'Audio accepted and not yet listened to.', (sources) =>
    sum(sources, (one) => one.unheardSeconds),
  ),
  ofSources('spooled_seconds', 'Audio on disk for later.', (sources) =>
    sum(sources, (one) => one.ledger.spooledSeconds),
  ),
  gauge('ledger_imbalance_samples', 'Audio that the books lost: always 0.', ({ sources }) =>
    sum(sources, (one) => Math.abs(one.ledger.imbalanceSamples)),
  ),
  counters('sheds_total', 'Chunks given up or refused.', 'reason', ({ sheds }) => sheds),
  ofGaps('gaps_total', 'Gaps reported.', ({ count }) => count),
  ofGaps('gaps_seconds_total', 'Audio in reported gaps.', ({ seconds }) => seconds),
];

const sessionMetrics: readonly MetricDefinition[] = [
  gauge('sessions_open', 'Sessions not ended, the detached ones included.', ({ sessions }) => sessions.open),
  gauge('sessions_detached', 'Sessions that wait for their client.', ({ sessions }) => sessions.detached),
  gauge('sessions_limit', 'Sessions that can be open.', ({ sessions }) => sessions.limit),
  counter('sessions_opened_total', 'Sessions opened.', ({ sessions }) => sessions.opened),
  counter('sessions_closed_total', 'Sessions ended.', ({ sessions }) => sessions.closed),
  summary(
    'final_latency_seconds',
    'From the end of the speech to its final text.',
    ({ finalLatencySeconds }) => finalLatencySeconds,
  ),
  summary(
    'partial_latency_seconds',
    'From the newest audio in it to a partial text.',
    ({ partialLatencySeconds }) => partialLatencySeconds,
  ),
];

const ladderMetrics: readonly MetricDefinition[] = [
  gauge('ladder_rung', 'Rung of the ladder that is in force; 0 is as requested.', ({ ladder }) => ladder.rung),
  gauge(
    'ladder_rung_decided',
    'Rung that was decided, in force when its model serves.',
    ({ ladder }) => ladder.decided,
  ),
  {
    type: 'gauge',
    name: 'ladder_load',
    help: 'Share of the slots that live sources would need, by rung; none for one that cannot be taken.',
    labelNames: ['rung'],
    samples: ({ ladder }) =>
      ladder.rungs.flatMap(({ load }, rung) => (load === null ? [] : [{ labels: { rung }, value: load }])),
  },
];

const providerMetrics: readonly MetricDefinition[] = [
  ofProviders('provider_serving', 'Whether it decodes now.', 'gauge', ({ state }) => (state === 'serving' ? 1 : 0)),
  ofProviders('provider_out', 'Whether it is not trusted now.', 'gauge', ({ state }) =>
    state === 'out' || state === 'on-trial' ? 1 : 0,
  ),
  ofProviders('provider_decodes_total', 'What it has decoded.', 'counter', ({ decodes }) => decodes),
  ofProviders('provider_failures_total', 'What it has failed.', 'counter', ({ failures }) => failures),
];

const processMetrics: readonly MetricDefinition[] = [
  {
    type: 'gauge',
    name: 'event_loop_delay_seconds',
    help: 'How late the main thread was with its timers, lately.',
    labelNames: ['quantile'],
    samples: ({ telemetry: { eventLoopDelaySeconds } }) =>
      eventLoopDelaySeconds ? quantileSamples(eventLoopDelaySeconds) : [],
  },
  gauge('resident_memory_bytes', 'Resident memory of the process.', ({ memory }) => memory.rssBytes),
  gauge('uptime_seconds', 'Since the engine was made.', ({ telemetry }) => telemetry.uptimeSeconds),
];

/** Every metric of an engine. */
export const metricTable: readonly MetricDefinition[] = [
  ...slotMetrics,
  ...queueMetrics,
  ...sessionMetrics,
  ...ladderMetrics,
  ...providerMetrics,
  ...processMetrics,
];

function ofProviders(
  name: string,
  help: string,
  type: 'gauge' | 'counter',
  read: (reading: ProviderReading) => number,
): MetricDefinition {
  const samples = ({ providers }: EngineSnapshot) =>
    providers.map((reading) => ({ labels: { provider: reading.name }, value: read(reading) }));
  return { type, name, help, labelNames: ['provider'], samples };
}

function labelsOf({ model, variant, encoderContext }: PlanReading) {
  return { model, variant, encoder_context: encoderContext };
}

function sum<One>(all: readonly One[], amountOf: (one: One) => number): number {
  return all.reduce((total, one) => total + amountOf(one), 0);
}
