import { type Fact, type Gpu, knownValue, type Machine } from '../../capability/machine.js';
import type { MemoryLimit } from '../../capability/memory-allowance.js';
import { inBytes } from '../../model/caches/byte-count.js';
import { section } from './layout.js';

/** What the machine is. */
export function machineText(machine: Machine): string {
  const { os, kernel, libc, architecture, battery, cpuFeatures, gpus, appleChip } = machine;
  return section('Machine', [
    ['System', [said(os), architecture, ...ifKnown(kernel, (name) => `kernel ${name}`), ...ifKnown(libc)].join(', ')],
    ['Container', said(machine.container)],
    ['CPU', [...ifKnown(appleChip), said(machine.cpuModel)].filter(isNew).join(', ')],
    ['Cores', coresText(machine)],
    ['CPU features', said(cpuFeatures, (features) => features.join(' ') || 'none that matter')],
    ['Memory', memoryText(machine)],
    ['GPU', [said(gpus, gpusText), ...(knownValue(machine.metal) === true ? ['Metal'] : [])].join(', ')],
    ['Battery', said(battery)],
  ]);
}

/** What of the machine this process may use. */
export function limitsText(machine: Machine, usableCores: number, limits: readonly MemoryLimit[]): string {
  return section('Limits', [
    ['Affinity', said(machine.affinityCores, cores)],
    ['CPU quota', said(machine.cpuQuotaCores, (quota) => (Number.isFinite(quota) ? `${quota} CPU` : 'none'))],
    ['Usable', cores(usableCores)],
    ['Memory limit', said(machine.memoryLimitBytes, (bytes) => (Number.isFinite(bytes) ? inBytes(bytes) : 'none'))],
    ...limits.map(({ of, allowanceBytes, availableBytes }) => [
      `For models`,
      `${inBytes(Math.round(allowanceBytes))} of ${inBytes(Math.round(availableBytes))} of ${of}`,
    ]),
  ]);
}

/** The value in words, or that it is unknown and why. */
function said<Value>(fact: Fact<Value>, words: (value: Value) => string = String): string {
  return fact.kind === 'known' ? words(fact.value) : `unknown (${fact.reason})`;
}

function ifKnown<Value>(fact: Fact<Value>, words: (value: Value) => string = String): readonly string[] {
  return fact.kind === 'known' ? [words(fact.value)] : [];
}

function isNew(text: string, index: number, all: readonly string[]): boolean {
  return all.indexOf(text) === index;
}

function coresText({ logicalCores, physicalCores, performanceCores, efficiencyCores, numaNodes }: Machine): string {
  const slow = knownValue(efficiencyCores) ?? 0;
  return [
    `${said(logicalCores)} logical`,
    `${said(physicalCores)} physical`,
    ...(slow > 0 ? [`${said(performanceCores)} of them fast, ${slow} efficient`] : []),
    ...ifKnown(numaNodes, (nodes) => (nodes === 1 ? '1 NUMA node' : `${nodes} NUMA nodes`)),
  ].join(', ');
}

function memoryText({ totalMemoryBytes, availableMemoryBytes, swapTotalBytes }: Machine): string {
  return [
    `${said(totalMemoryBytes, inBytes)} in all`,
    `${said(availableMemoryBytes, inBytes)} available`,
    ...ifKnown(swapTotalBytes, (bytes) => (bytes === 0 ? 'no swap' : `${inBytes(bytes)} of swap`)),
  ].join(', ');
}

function gpusText(gpus: readonly Gpu[]): string {
  const described = gpus.map(({ model, memoryBytes }) =>
    memoryBytes === undefined ? model : `${model} (${inBytes(memoryBytes)})`,
  );
  return described.join(', ') || 'none';
}

function cores(count: number): string {
  return count === 1 ? '1 core' : `${count} cores`;
}
