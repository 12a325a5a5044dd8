import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Counter, Gauge, register as globalRegistry, type OpenMetricsContentType, Registry } from 'prom-client';
import { afterEach, describe, expect, test } from 'vitest';
import { metricTable } from '../../dist/telemetry/metric-table.js';
import { engineMetrics, type MetricsOptions } from '../../dist/telemetry/prometheus.js';
import type { EngineSnapshot, LadderReading, SourceSnapshot } from '../../dist/telemetry/snapshot.js';
import { type FinishedDecode, Telemetry } from '../../dist/telemetry/telemetry.js';
import { ManualClock } from '../manual-clock.js';

const decode: FinishedDecode = {
  kind: 'final',
  priority: 'critical',
  model: 'tiny.en',
  variant: 'q8_0',
  encoderContext: 384,
  audioSeconds: 4,
  decodeSeconds: 1,
  queueSeconds: 0.5,
  retried: true,
};

const source: SourceSnapshot = {
  session: 's1',
  source: 'mic',
  priority: 'critical',
  queuedChunks: 2,
  queuedSeconds: 6,
  oldestWaitSeconds: 0.75,
  unheardSeconds: 0.25,
  settledSeconds: 1,
  ledger: {
    heardSeconds: 20,
    transcribedSeconds: 6,
    silentSeconds: 3,
    gapSeconds: 1,
    queuedSeconds: 8,
    spooledSeconds: 2,
    imbalanceSamples: 0,
  },
};

const ladder: LadderReading = {
  rung: 1,
  name: 'longer chunks',
  decided: 3,
  isPinned: false,
  reason: 'The 4 sources need 1.9 of 1.5 slots.',
  rungs: [
    { name: 'requested', load: 1.25 },
    { name: 'longer chunks', load: 1 },
    { name: 'trimmed encoder', load: null },
    { name: 'smaller model', load: 0.5 },
  ],
};

/** An engine in full swing. */
class Engine {
  readonly clock = new ManualClock(10);
  readonly telemetry = new Telemetry(this.clock);
  readonly metrics = engineMetrics(() => this.snapshot());
  sources: readonly SourceSnapshot[] = [source, { ...source, session: 's2', oldestWaitSeconds: 0.5 }];
  snapshots = 0;

  snapshot(): EngineSnapshot {
    this.snapshots += 1;
    return {
      atSeconds: this.clock.nowSeconds(),
      slots: { total: 2, busy: 1 },
      sessions: { open: 2, detached: 1, limit: 10 },
      sources: this.sources,
      ladder,
      providers: [
        { name: 'whisper-cpp', state: 'out', reason: 'It died.', decodes: 3, failures: 2 },
        { name: 'other', state: 'serving', decodes: 1, failures: 0 },
      ],
      telemetry: this.telemetry.read(),
      memory: { rssBytes: 300e6 },
    };
  }

  work(): this {
    this.clock.advance(5);
    this.telemetry.decoded(decode);
    this.telemetry.finalLatency(0.5);
    this.telemetry.partialLatency(0.25);
    this.telemetry.shed('dropped');
    this.telemetry.gap('shed', 1.5);
    this.telemetry.restarted('slot');
    this.telemetry.failed('DECODE_FAILED');
    this.telemetry.sessionOpened();
    this.telemetry.sessionClosed();
    return this;
  }

  close(): void {
    this.metrics.close();
    this.telemetry.close();
  }
}

const engines: Engine[] = [];
function engine(): Engine {
  const made = new Engine();
  engines.push(made);
  return made;
}
afterEach(() => {
  for (const made of engines.splice(0)) made.close();
});

/** Values of a text in Prometheus' format, by name and labels as they stand there; and the types of the metrics. */
async function scrape(registry: Registry) {
  const values: Record<string, number> = {};
  const types: Record<string, string> = {};
  for (const line of (await registry.metrics()).split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue;
    const [, typed, type] = /^# TYPE (\S+) (\w+)$/.exec(line) ?? [];
    if (typed !== undefined && type !== undefined) {
      types[typed] = type;
      continue;
    }
    const [, name, value] = /^([a-z_]+(?:\{(?:[a-z_]+="[^"]*",?)*\})?) (\S+)$/.exec(line) ?? [];
    if (name === undefined || values[name] !== undefined) throw new Error(`Unexpected line: ${line}`);
    values[name] = Number(value);
  }
  return { values, types };
}

async function valuesAfter(made: Engine, options: MetricsOptions = {}) {
  const registry = new Registry();
  await made.metrics.register({ registry, ...options });
  return (await scrape(registry)).values;
}

describe('a registry', () => {
  test('gives every value of the snapshot', async () => {
    const values = await valuesAfter(engine().work());
    const plan = 'engine="default",model="tiny.en",variant="q8_0",encoder_context="384"';
    expect(values).toMatchObject({
      'whisperpool_slots{engine="default"}': 2,
      'whisperpool_slots_busy{engine="default"}': 1,
      'whisperpool_decode_seconds{engine="default",kind="final",quantile="0.5"}': 1,
      'whisperpool_decode_seconds_sum{engine="default",kind="final"}': 1,
      'whisperpool_decode_seconds_count{engine="default",kind="final"}': 1,
      'whisperpool_decode_seconds_count{engine="default",kind="piece"}': 0,
      'whisperpool_audio_seconds_total{engine="default",kind="final"}': 4,
      'whisperpool_retries_total{engine="default",kind="final"}': 1,
      [`whisperpool_rtf{${plan},quantile="0.99"}`]: 0.25,
      [`whisperpool_rtf_count{${plan}}`]: 1,
      'whisperpool_restarts_total{engine="default",thread="slot"}': 1,
      'whisperpool_restarts_total{engine="default",thread="listener"}': 0,
      'whisperpool_failures_total{engine="default",code="DECODE_FAILED"}': 1,
      'whisperpool_queue_seconds{engine="default",priority="critical",quantile="0.95"}': 0.5,
      'whisperpool_queue_seconds_count{engine="default",priority="batch"}': 0,
      'whisperpool_sources{engine="default",priority="critical"}': 2,
      'whisperpool_sources{engine="default",priority="background"}': 0,
      'whisperpool_queued_chunks{engine="default",priority="critical"}': 4,
      'whisperpool_queued_seconds{engine="default",priority="critical"}': 12,
      'whisperpool_oldest_wait_seconds{engine="default",priority="critical"}': 0.75,
      'whisperpool_oldest_wait_seconds{engine="default",priority="normal"}': 0,
      'whisperpool_unheard_seconds{engine="default",priority="critical"}': 0.5,
      'whisperpool_spooled_seconds{engine="default",priority="critical"}': 4,
      'whisperpool_ledger_imbalance_samples{engine="default"}': 0,
      'whisperpool_sheds_total{engine="default",reason="dropped"}': 1,
      'whisperpool_gaps_total{engine="default",reason="shed"}': 1,
      'whisperpool_gaps_seconds_total{engine="default",reason="shed"}': 1.5,
      'whisperpool_sessions_open{engine="default"}': 2,
      'whisperpool_sessions_detached{engine="default"}': 1,
      'whisperpool_sessions_limit{engine="default"}': 10,
      'whisperpool_sessions_opened_total{engine="default"}': 1,
      'whisperpool_sessions_closed_total{engine="default"}': 1,
      'whisperpool_final_latency_seconds{engine="default",quantile="1"}': 0.5,
      'whisperpool_final_latency_seconds_sum{engine="default"}': 0.5,
      'whisperpool_partial_latency_seconds{engine="default",quantile="0.5"}': 0.25,
      'whisperpool_resident_memory_bytes{engine="default"}': 300e6,
      'whisperpool_uptime_seconds{engine="default"}': 5,
    });
  });

  test('has no quantiles of what was not measured', async () => {
    const names = Object.keys(await valuesAfter(engine()));
    expect(names.filter((name) => name.includes('quantile='))).toEqual([]);
    expect(names).toContain('whisperpool_final_latency_seconds_count{engine="default"}');
  });

  test('tells the delay of the event loop once there is one', async () => {
    const made = engine();
    while (!made.telemetry.read().eventLoopDelaySeconds) await new Promise((resolve) => setImmediate(resolve));
    const values = await valuesAfter(made);
    for (const quantile of ['0.5', '0.95', '0.99', '1']) {
      const value = values[`whisperpool_event_loop_delay_seconds{engine="default",quantile="${quantile}"}`];
      expect(value).toBeGreaterThanOrEqual(0);
    }
  });

  test('has the types that the names promise', async () => {
    const registry = new Registry();
    await engine().metrics.register({ registry });
    const { types } = await scrape(registry);
    expect(Object.keys(types)).toEqual(metricTable.map(({ name }) => `whisperpool_${name}`));
    for (const [name, type] of Object.entries(types))
      expect([name, type === 'counter']).toEqual([name, name.endsWith('_total')]);
  });

  test('reads each engine once a scrape, and anew in the next', async () => {
    const made = engine().work();
    const registry = new Registry();
    await made.metrics.register({ registry });
    await registry.metrics();
    expect(made.snapshots).toBe(1);
    made.work();
    const { values } = await scrape(registry);
    expect(made.snapshots).toBe(2);
    expect(values['whisperpool_sheds_total{engine="default",reason="dropped"}']).toBe(2);
  });

  test('does not let sums grow by being read', async () => {
    const made = engine().work();
    const registry = new Registry();
    await made.metrics.register({ registry });
    expect((await scrape(registry)).values).toEqual((await scrape(registry)).values);
  });

  test('shows that the books do not balance, whichever way', async () => {
    const made = engine();
    const off = (imbalanceSamples: number) => ({ ...source, ledger: { ...source.ledger, imbalanceSamples } });
    made.sources = [off(3), off(-3)];
    const values = await valuesAfter(made);
    expect(values['whisperpool_ledger_imbalance_samples{engine="default"}']).toBe(6);
  });

  test('speaks OpenMetrics too', async () => {
    const registry = new Registry<OpenMetricsContentType>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    await engine().work().metrics.register({ registry });
    for (let scraped = 0; scraped < 2; scraped += 1) {
      const text = await registry.metrics();
      expect(text).toContain(
        '# TYPE whisperpool_sheds counter\nwhisperpool_sheds_total{engine="default",reason="dropped"} 1\n',
      );
    }
  });

  test('keeps its other metrics when an engine cannot be read', async () => {
    const registry = new Registry();
    new Gauge({ name: 'of_the_host', help: 'Another.', registers: [registry] }).set(7);
    const broken = engineMetrics(() => {
      throw new Error('gone');
    });
    await broken.register({ registry, engine: 'broken' });
    await engine().metrics.register({ registry });
    expect((await scrape(registry)).values).toMatchObject({ of_the_host: 7, 'whisperpool_slots{engine="default"}': 2 });
    broken.close();
  });

  test('is the global one when none is given', async () => {
    const made = engine();
    await made.metrics.register();
    expect(await globalRegistry.metrics()).toContain('whisperpool_slots_busy{engine="default"} 1\n');
    made.close();
    expect(await globalRegistry.metrics()).not.toContain('whisperpool');
  });
});

describe('two engines in one registry', () => {
  test('are told apart by label', async () => {
    const registry = new Registry();
    const [one, other] = [engine().work(), engine()];
    await Promise.all([
      one.metrics.register({ registry, engine: 'calls' }),
      other.metrics.register({ registry, engine: 'captions' }),
    ]);
    const sheds = async () => {
      const { values } = await scrape(registry);
      return ['calls', 'captions'].map((name) => values[`whisperpool_sessions_opened_total{engine="${name}"}`]);
    };
    expect(await sheds()).toEqual([1, 0]);
    one.close();
    expect(await sheds()).toEqual([undefined, 0]);
    other.close();
    expect(await registry.metrics()).toBe('\n');
  });

  test('are told apart by prefix', async () => {
    const registry = new Registry();
    await engine().metrics.register({ registry, prefix: 'calls_' });
    await engine().metrics.register({ registry, prefix: 'captions_' });
    expect((await scrape(registry)).values).toMatchObject({
      'calls_slots{engine="default"}': 2,
      'captions_slots{engine="default"}': 2,
    });
  });

  test('are refused under one name', async () => {
    const registry = new Registry();
    await engine().metrics.register({ registry });
    await expect(engine().metrics.register({ registry })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('`engine` with another name'),
    });
    expect(Object.keys((await scrape(registry)).values)).toContain('whisperpool_slots{engine="default"}');
  });
});

describe('registering', () => {
  test('the same engine twice is refused; in another registry it is not', async () => {
    const made = engine();
    const registry = new Registry();
    await made.metrics.register({ registry });
    await expect(made.metrics.register({ registry })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    await made.metrics.register({ registry: new Registry() });
    await made.metrics.register({ registry, engine: 'again' });
  });

  test('where a name is taken is refused, and leaves nothing behind', async () => {
    const registry = new Registry();
    new Counter({ name: 'whisperpool_sheds_total', help: 'Of somebody else.', registers: [registry] });
    const made = engine();
    await expect(made.metrics.register({ registry })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('whisperpool_sheds_total'),
    });
    expect(registry.getMetricsAsArray()).toHaveLength(1);
    await made.metrics.register({ registry, prefix: 'other_' });
  });

  test('works again after close by another engine, and after the registry was cleared', async () => {
    const registry = new Registry();
    const first = engine();
    await first.metrics.register({ registry });
    first.close();
    await engine().metrics.register({ registry });
    registry.clear();
    await engine().metrics.register({ registry });
    expect((await scrape(registry)).values['whisperpool_slots{engine="default"}']).toBe(2);
  });

  test('does not bring back a metric that the host took out', async () => {
    const registry = new Registry();
    await engine().metrics.register({ registry });
    registry.removeSingleMetric('whisperpool_rtf');
    await engine().metrics.register({ registry, engine: 'other' });
    expect(registry.getSingleMetric('whisperpool_rtf')).toBeUndefined();
  });

  test('leaves a metric of the same name that came later', async () => {
    const registry = new Registry();
    const made = engine();
    await made.metrics.register({ registry });
    registry.clear();
    const theirs = new Gauge({ name: 'whisperpool_slots', help: 'Of somebody else.', registers: [registry] });
    made.close();
    expect(registry.getSingleMetric('whisperpool_slots')).toBe(theirs);
  });

  test('after the end is refused, also when it began before', async () => {
    const made = engine();
    const registry = new Registry();
    const registering = made.metrics.register({ registry });
    made.close();
    await expect(registering).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    await expect(made.metrics.register({ registry })).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    expect(registry.getMetricsAsArray()).toEqual([]);
  });

  test.each<[what: string, options: Record<string, unknown>, option: string]>([
    ['an empty name', { engine: '' }, 'engine'],
    ['a name that is a number', { engine: 7 }, 'engine'],
    ['an empty prefix', { prefix: '' }, 'prefix'],
    ['a prefix with a hyphen', { prefix: 'my-service_' }, 'prefix'],
    ['a prefix that begins with a digit', { prefix: '2_' }, 'prefix'],
    ['a registry that is none', { registry: {} }, 'registry'],
    ['null for a registry', { registry: 7 }, 'registry'],
  ])('refuses %s', async (_, options, option) => {
    const registering = engine().metrics.register({ registry: new Registry(), ...options });
    await expect(registering).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining(`\`${option}\``),
    });
  });
});

test('without prom-client, the error names the command that installs it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'whisperpool-metrics-'));
  try {
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
    for (const name of ['errors.js', 'telemetry']) {
      await cp(join(dist, name), join(folder, 'dist', name), { recursive: true });
    }
    const file = pathToFileURL(join(folder, 'dist/telemetry/prometheus.js')).href;
    const alone = (await import(file)) as { engineMetrics: typeof engineMetrics };
    const made = engine();
    await expect(alone.engineMetrics(() => made.snapshot()).register()).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('npm install prom-client@15'),
      cause: { code: 'ERR_MODULE_NOT_FOUND' },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('docs/metrics.md', () => {
  const read = () => readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8');

  test('names every metric with its labels, and no other', async () => {
    const rows = [...(await read()).matchAll(/^\| `whisperpool_(\w+)(?:\{([\w, ]+)\})?` \| (\w+) \|/gm)];
    const documented = rows.map(([, name, labels = '', type]) => ({ name, labels, type }));
    const defined = metricTable.map(({ name, labelNames, type }) => ({ name, labels: labelNames.join(', '), type }));
    const byName = (one: { readonly name: string | undefined }, other: { readonly name: string | undefined }) =>
      String(one.name) < String(other.name) ? -1 : 1;
    expect(documented.toSorted(byName)).toEqual(defined.toSorted(byName));
  });

  test('names every field of a snapshot', async () => {
    const text = await read();
    const made = engine().work();
    const fields = new Set<string>();
    JSON.stringify(made.snapshot(), (key, value: unknown) => {
      if (key !== '' && !/^\d+$/.test(key)) fields.add(key);
      return value;
    });
    const values = ['dropped', 'shed', 'DECODE_FAILED'];
    expect([...fields].filter((field) => !values.includes(field) && !new RegExp(`\\b${field}\\b`).test(text))).toEqual(
      [],
    );
  });
});
