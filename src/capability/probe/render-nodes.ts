import { type Fact, type Gpu, known } from '../machine.js';
import type { Reading } from './reading.js';

const folder = '/sys/class/drm';

const vendors: Readonly<Record<string, Gpu['vendor'] | undefined>> = {
  '0x10de': 'nvidia',
  '0x1002': 'amd',
  '0x8086': 'intel',
};

/** Of virtual machines: virtio, QXL, VMware, VirtualBox, Hyper-V. They draw and compute nothing. */
const virtual = ['0x1af4', '0x1b36', '0x15ad', '0x80ee', '0x1414'];

/** GPUs on the PCI bus that can compute and that this process may open; a screen's controller alone has no render node. */
export async function renderNodes(reading: Reading): Promise<Fact<readonly Gpu[]>> {
  if (!(await reading.list('/sys/class')).includes('drm')) return known([], 'no drm in /sys/class');
  const given = await reading.listIfThere('/dev/dri');
  const nodes = (await reading.list(folder)).filter((name) => name.startsWith('renderD') && given.includes(name));
  return known((await Promise.all(nodes.map((node) => gpuOf(reading, node)))).flat(), folder);
}

async function gpuOf(reading: Reading, node: string): Promise<Gpu[]> {
  const of = async (file: string) => (await reading.textIfThere(`${folder}/${node}/device/${file}`))?.trim() ?? '';
  const vendorId = await of('vendor');
  if (vendorId === '' || virtual.includes(vendorId)) return [];
  const memoryBytes = Number(await of('mem_info_vram_total')); // AMD only
  const [, slot = ''] = /^PCI_SLOT_NAME=(.+)$/m.exec(await of('uevent')) ?? [];
  const names = [await of('product_name'), await nameOf(reading, slot), `${vendorId}:${await of('device')}`];
  const model = names.find((name) => name) ?? vendorId;
  return [{ vendor: vendors[vendorId] ?? 'other', model, memoryBytes: memoryBytes > 0 ? memoryBytes : undefined }];
}

/** As the list of all PCI devices names it, where there is one. */
async function nameOf(reading: Reading, slot: string): Promise<string | undefined> {
  try {
    const found = (await reading.run('lspci', '-Dmm')).split('\n').find((line) => line.startsWith(`${slot} `));
    const [, , model] = found?.match(/"[^"]*"/g) ?? [];
    return model?.slice(1, -1);
  } catch {
    return undefined;
  }
}
