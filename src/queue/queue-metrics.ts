import type * as PrometheusClient from 'prom-client';
import { describe, EngineError } from '../errors.js';
import type { MetricsRegistry } from '../telemetry/prometheus.js';
import type { QueueDepth } from './depth.js';

export interface QueueMetricsOptions {
  /** @defaultValue prom-client's global `register` */
  readonly registry?: MetricsRegistry | undefined;
}

/** A queue's metrics for Prometheus, by prom-client 15. */
export interface QueueMetrics {
  /**
   * Adds `whisperpool_queue_jobs`, `whisperpool_queue_oldest_wait_seconds` and `whisperpool_queue_up` to a registry. The
   * database is asked whenever the registry is read; one queue a registry.
   * @throws EngineError `PACKAGE_MISSING`, `OPTION_INVALID` when a name is taken
   */
  register(options?: QueueMetricsOptions): Promise<void>;
  /** Takes them out of every registry again. */
  close(): void;
}

const states = ['waiting', 'active', 'delayed', 'dead'] as const;

/** The samples of each gauge; without a depth the database does not answer. */
const gauges = [
  {
    name: 'whisperpool_queue_up',
    help: 'Whether the database of the queue answers: 1, or 0 and there are no other figures.',
    samples: (depth: QueueDepth | undefined) => [{ labels: {}, value: depth ? 1 : 0 }],
  },
  {
    name: 'whisperpool_queue_jobs',
    help: 'Jobs in the queue, by state.',
    samples: (depth: QueueDepth | undefined) =>
      depth ? states.map((state) => ({ labels: { state }, value: depth[state] })) : [],
  },
  {
    name: 'whisperpool_queue_oldest_wait_seconds',
    help: 'Seconds since the oldest waiting job was enqueued.',
    samples: (depth: QueueDepth | undefined) => (depth ? [{ labels: {}, value: depth.oldestWaitSeconds }] : []),
  },
];

/** @param queue - value of the label `queue` */
export function queueMetrics(queue: string, read: () => Promise<QueueDepth>): QueueMetrics {
  let reading: Promise<QueueDepth | undefined> | undefined;
  // A registry reads all gauges at once: one question serves them all.
  const depth = () => {
    reading ??= read()
      .catch(() => undefined)
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const removals: (() => void)[] = [];
  return {
    async register(options = {}) {
      const client = await prometheusClient();
      const registry = (options.registry ?? client.register) as PrometheusClient.Registry;
      const taken = gauges.find(({ name }) => registry.getSingleMetric(name));
      if (taken) throw new EngineError('OPTION_INVALID', `The registry has a metric named ${taken.name} already.`);
      for (const { name, help, samples } of gauges) {
        new client.Gauge({
          name,
          help,
          labelNames: ['queue', 'state'],
          registers: [registry],
          async collect() {
            const present = await depth();
            this.reset();
            for (const { labels, value } of samples(present)) this.set({ queue, ...labels }, value);
          },
        });
        removals.push(() => registry.removeSingleMetric(name));
      }
    },
    close() {
      for (const remove of removals.splice(0)) remove();
    },
  };
}

async function prometheusClient(): Promise<typeof PrometheusClient> {
  try {
    return await import('prom-client');
  } catch (cause) {
    const message = `Metrics need prom-client (${describe(cause)}). Run \`npm install prom-client@15\`.`;
    throw new EngineError('PACKAGE_MISSING', message, { cause });
  }
}
