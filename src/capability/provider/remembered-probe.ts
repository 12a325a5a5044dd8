import { addonPath } from '../../provider/addon.js';
import { binaryKey, fingerprint, machineKey } from '../fingerprint.js';
import { isRecord, JsonMemory } from '../json-memory.js';
import type { Machine } from '../machine.js';
import { type ProbeOptions, probeProvider } from './provider-probe.js';
import type { AvailableProvider, ProviderReport } from './provider-report.js';

export interface RememberedProbeOptions extends ProbeOptions {
  readonly machine: Machine;
  /** The time of day, since 1970. */
  readonly nowSeconds: number;
}

const memory = new JsonMemory<AvailableProvider>({
  fileName: 'providers.json',
  formatVersion: 1,
  isValue: (value): value is AvailableProvider =>
    isRecord(value) && value['kind'] === 'available' && isRecord(value['system']),
});

/**
 * What a probe of this binary found with this model on this machine, in the last 30 days, or finds now. That a provider
 * is not available is never remembered: the next look may find it mended. Never throws.
 */
export async function rememberedProbe(options: RememberedProbeOptions): Promise<ProviderReport> {
  const { machine, model, binary = addonPath, nowSeconds } = options;
  const key = fingerprint(machineKey(machine), await binaryKey(binary), model.fileKey);
  const known = await memory.recall(key, nowSeconds);
  if (known) return known;
  const report = await probeProvider(options);
  if (report.kind === 'available') await memory.keep(key, report, nowSeconds);
  return report;
}
