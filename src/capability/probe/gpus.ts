import { type Fact, type Gpu, known } from '../machine.js';
import { appleChip } from './apple.js';
import { nvidiaGpus } from './nvidia.js';
import type { Graphics } from './readers.js';
import { firstKnown, type Reading } from './reading.js';
import { renderNodes } from './render-nodes.js';

/** What can compute beside the CPU and is given to this process. */
export async function gpus(reading: Reading): Promise<Fact<readonly Gpu[]>> {
  if (reading.platform === 'linux') {
    const [nvidia, others] = await Promise.all([firstKnown(reading, [nvidiaGpus]), firstKnown(reading, [renderNodes])]);
    if (nvidia.kind === 'unknown') return nvidia;
    if (others.kind === 'unknown') return nvidia.value.length > 0 ? nvidia : others;
    // Its own driver tells more of an NVIDIA GPU than what all GPUs have in common.
    const nodes = nvidia.value.length > 0 ? others.value.filter(({ vendor }) => vendor !== 'nvidia') : others.value;
    return known([...nvidia.value, ...nodes], `${nvidia.source}, ${others.source}`);
  }
  const chip = appleChip(reading);
  if (chip.kind === 'known')
    return known([{ vendor: 'apple', model: chip.value, memoryBytes: undefined }], chip.source);
  const { controllers } = await reading.ask('graphics');
  return known(controllers.flatMap(gpuOf), 'systeminformation.graphics');
}

/** Adapters that draw for a virtual machine or a remote screen compute nothing. */
const virtual = /microsoft|vmware|virtual|parallels|hyper-v|remote|citrix/i;

const vendors = [
  ['nvidia', /nvidia/i],
  ['amd', /amd|advanced micro|radeon/i],
  ['intel', /intel/i],
] as const;

function gpuOf({ vendor, model, memoryTotal, vram }: Graphics): Gpu[] {
  const text = `${vendor} ${model}`;
  if (virtual.test(text)) return [];
  const [maker = 'other'] = vendors.find(([, pattern]) => pattern.test(text)) ?? [];
  // What Intel's built-in ones call their memory is the machine's; only Arc cards ('Arc A770', 'Arc B580') have their own.
  const hasOwn = maker !== 'intel' || /\bArc\b.* [AB]\d{3}/.test(model);
  const mebibytes = memoryTotal ?? vram ?? 0;
  return [{ vendor: maker, model, memoryBytes: hasOwn && mebibytes > 0 ? mebibytes * 2 ** 20 : undefined }];
}
