import type * as PrometheusClient from 'prom-client';
import { describe, EngineError } from '../errors.js';
import { MetricFamily } from './metric-family.js';
import { metricTable } from './metric-table.js';
import type { EngineSnapshot } from './snapshot.js';

type Client = typeof PrometheusClient;

/** A registry of prom-client. Described by what is used of it, so that these types need no prom-client installed. */
export interface MetricsRegistry {
  registerMetric(metric: never): void;
  getSingleMetric(name: string): unknown;
  removeSingleMetric(name: string): void;
}

/** Where metrics go and what they are called. */
export interface MetricsOptions {
  /** @defaultValue prom-client's global `register` */
  readonly registry?: MetricsRegistry | undefined;
  /** Value of the label `engine`, which tells engines apart that share a registry. @defaultValue 'default' */
  readonly engine?: string | undefined;
  /** What every name begins with. @defaultValue 'whisperpool_' */
  readonly prefix?: string | undefined;
}

/** An engine's metrics for Prometheus, by prom-client 15. */
export interface EngineMetrics {
  /**
   * Adds the metrics to a registry. They are read whenever the registry is, and cost nothing in between.
   * @throws EngineError `OPTION_INVALID` when prom-client is not installed, an option is none, or the engine's name or
   * a metric's is taken in the registry; `ENGINE_CLOSED`
   */
  register(options?: MetricsOptions): Promise<void>;
  /** Takes them out of every registry again. */
  close(): void;
}

/** The families of each registry, by prefix. */
const familiesOf = new WeakMap<PrometheusClient.Registry, Map<string, MetricFamily>>();

/** @param read - what the engine is at now; called once each time that a registry is read */
export function engineMetrics(read: () => EngineSnapshot): EngineMetrics {
  let unregister: (() => void)[] | undefined = [];
  return {
    async register(options = {}) {
      const { engine, prefix } = checkedNames(options);
      const client = await prometheusClient();
      if (!unregister) throw new EngineError('ENGINE_CLOSED', 'The engine is closed; it has no metrics any more.');
      const registry = checkedRegistry(options.registry ?? client.register);
      const family = familyIn(client, registry, prefix);
      if (family.has(engine)) {
        throw new EngineError(
          'OPTION_INVALID',
          `This registry has the metrics of an engine named ${JSON.stringify(engine)} already. Register each engine once, or pass \`engine\` with another name.`,
        );
      }
      family.add(engine, read);
      unregister.push(() => family.delete(engine));
    },
    close() {
      for (const each of unregister ?? []) each();
      unregister = undefined;
    },
  };
}

async function prometheusClient(): Promise<Client> {
  try {
    return await import('prom-client');
  } catch (error) {
    throw new EngineError(
      'OPTION_INVALID',
      `Metrics for Prometheus need prom-client, which could not be loaded (${describe(error)}). Run \`npm install prom-client@15\`.`,
      { cause: error },
    );
  }
}

function familyIn(client: Client, registry: PrometheusClient.Registry, prefix: string): MetricFamily {
  const families = familiesOf.get(registry) ?? new Map<string, MetricFamily>();
  familiesOf.set(registry, families);
  const existing = families.get(prefix);
  if (existing?.isRegistered) return existing;
  const taken = metricTable.map(({ name }) => prefix + name).find((name) => registry.getSingleMetric(name));
  if (taken !== undefined) {
    throw new EngineError(
      'OPTION_INVALID',
      `The registry has another metric named ${taken} already. Pass \`prefix\` with another beginning.`,
    );
  }
  const family = new MetricFamily(client, registry, prefix);
  families.set(prefix, family);
  return family;
}

function checkedNames({ engine = 'default', prefix = 'whisperpool_' }: MetricsOptions) {
  if (typeof engine !== 'string' || engine === '') {
    throw new EngineError('OPTION_INVALID', `\`engine\` is ${describe(engine)}; it must be a name.`);
  }
  if (typeof prefix !== 'string' || !/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(prefix)) {
    throw new EngineError(
      'OPTION_INVALID',
      `\`prefix\` is ${describe(prefix)}; it must be letters, digits, _ and :, beginning with no digit.`,
    );
  }
  return { engine, prefix };
}

function checkedRegistry(registry: MetricsRegistry): PrometheusClient.Registry {
  const methods = ['registerMetric', 'getSingleMetric', 'removeSingleMetric'] as const;
  const given = registry as Partial<MetricsRegistry> | null;
  if (methods.every((method) => typeof given?.[method] === 'function')) {
    return registry as unknown as PrometheusClient.Registry;
  }
  throw new EngineError('OPTION_INVALID', '`registry` must be a Registry of prom-client.');
}
