import type * as PrometheusClient from 'prom-client';
import { type MetricDefinition, quantileSamples, type Sample } from './metric-definition.js';
import { metricTable } from './metric-table.js';
import type { Distribution } from './reading.js';
import type { EngineSnapshot } from './snapshot.js';

type Client = typeof PrometheusClient;
type Registry = PrometheusClient.Registry;
type Metric = PrometheusClient.Metric;

/** The label that tells engines apart that share a registry. */
const engineLabel = 'engine';

/**
 * The metrics of one registry under one prefix, for one engine or several. Nothing is counted twice: when the registry
 * is read, each metric takes its values from a snapshot of each engine.
 */
export class MetricFamily {
  readonly #registry: Registry;
  readonly #metrics: ReadonlyMap<string, Metric>;
  readonly #engines = new Map<string, () => EngineSnapshot>();
  /** Of this turn of the event loop: a registry asks all metrics in one turn. */
  #snapshots: readonly (readonly [engine: string, snapshot: EngineSnapshot])[] | undefined;

  /** Every name must be free in the registry. */
  constructor(client: Client, registry: Registry, prefix: string) {
    this.#registry = registry;
    this.#metrics = new Map(
      metricTable.map((definition) => {
        const name = prefix + definition.name;
        return [name, this.#metric(client, name, definition)];
      }),
    );
  }

  /** False when somebody has cleared the registry since; who took out single metrics did not want those. */
  get isRegistered(): boolean {
    return [...this.#metrics].some(([name, metric]) => this.#registry.getSingleMetric(name) === metric);
  }

  has(engine: string): boolean {
    return this.#engines.has(engine);
  }

  add(engine: string, read: () => EngineSnapshot): void {
    this.#engines.set(engine, read);
    this.#snapshots = undefined;
  }

  /** The metrics go with the last engine. */
  delete(engine: string): void {
    this.#engines.delete(engine);
    this.#snapshots = undefined;
    if (this.#engines.size > 0) return;
    for (const [name, metric] of this.#metrics) {
      if (this.#registry.getSingleMetric(name) === metric) this.#registry.removeSingleMetric(name);
    }
  }

  #metric(client: Client, name: string, definition: MetricDefinition): Metric {
    const { help } = definition;
    const labelNames = [engineLabel, ...definition.labelNames];
    const configuration = { name, help, labelNames, registers: [this.#registry] };
    const current = <Value>(samples: (snapshot: EngineSnapshot) => readonly Sample<Value>[]) => this.#current(samples);
    switch (definition.type) {
      case 'counter': {
        const { samples } = definition;
        return new client.Counter({
          ...configuration,
          collect() {
            this.reset();
            for (const { labels, value } of current(samples)) this.inc(labels, value);
          },
        });
      }
      case 'gauge': {
        const { samples } = definition;
        return new client.Gauge({
          ...configuration,
          collect() {
            this.reset();
            for (const { labels, value } of current(samples)) this.set(labels, value);
          },
        });
      }
      case 'summary': {
        const { samples } = definition;
        // prom-client makes quantiles of its own from single values; ours are made already.
        class Summary extends client.Summary {
          override async get() {
            const values = current(samples).flatMap((sample) => summarySamples(name, sample));
            return { ...(await super.get()), values };
          }
        }
        return new Summary(configuration);
      }
      default:
        return definition satisfies never;
    }
  }

  /** The samples of all engines, each under its name. */
  #current<Value>(samplesOf: (snapshot: EngineSnapshot) => readonly Sample<Value>[]): readonly Sample<Value>[] {
    if (!this.#snapshots) {
      this.#snapshots = [...this.#engines].flatMap(([engine, read]) => {
        const snapshot = readSafely(read);
        return snapshot ? [[engine, snapshot] as const] : [];
      });
      queueMicrotask(() => {
        this.#snapshots = undefined;
      });
    }
    return this.#snapshots.flatMap(([engine, snapshot]) =>
      samplesOf(snapshot).map(({ labels, value }) => ({ labels: { [engineLabel]: engine, ...labels }, value })),
    );
  }
}

/** An engine that cannot be read is left out: the host's other metrics are worth more than this one's. */
function readSafely(read: () => EngineSnapshot): EngineSnapshot | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function summarySamples(name: string, { labels, value: { count, sum, recent } }: Sample<Distribution>) {
  return [
    ...(recent ? quantileSamples(recent) : []).map((sample) => ({
      ...sample,
      labels: { ...labels, ...sample.labels },
    })),
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
