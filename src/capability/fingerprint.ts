import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { knownValue, type Machine, usableCores } from './machine.js';

/** A name for exactly these values: what is remembered under it holds while all of them stay the same. */
export function fingerprint(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** What of a machine decides how fast it decodes, and whether a binary runs there. */
export function machineKey(machine: Machine): readonly unknown[] {
  const { platform, architecture, libc, cpuModel, cpuFeatures, cpuQuotaCores, gpus } = machine;
  return [
    platform,
    architecture,
    knownValue(libc),
    knownValue(cpuModel),
    knownValue(cpuFeatures),
    knownValue(gpus),
    usableCores(machine),
    // Infinity has no place in JSON.
    String(knownValue(cpuQuotaCores)),
  ];
}

/** Which binary lies at this path now; a string that no other has when there is none. */
export async function binaryKey(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `${path}:${size}:${mtimeMs}`;
  } catch {
    return path;
  }
}
