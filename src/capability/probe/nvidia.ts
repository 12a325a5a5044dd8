import { type Fact, type Gpu, known, unknown } from '../machine.js';
import { firstKnown, type Reading } from './reading.js';

const driverFolder = '/proc/driver/nvidia/gpus';
/** Where Windows lends its driver to the Linux inside of it. */
const windowsFolder = '/usr/lib/wsl/lib';

/** As NVIDIA's driver tells them; its program is started only where the driver is. */
export async function nvidiaGpus(reading: Reading): Promise<Fact<readonly Gpu[]>> {
  const cards = await reading.listIfThere(driverFolder);
  const lent = (await reading.listIfThere(windowsFolder)).includes('nvidia-smi');
  if (cards.length === 0 && !lent) return known([], `no ${driverFolder}`);
  return firstKnown(reading, [
    () => askDriver(reading, lent ? `${windowsFolder}/nvidia-smi` : 'nvidia-smi'),
    async () => known((await Promise.all(cards.map((card) => cardIn(reading, card)))).flat(), driverFolder),
  ]);
}

async function askDriver(reading: Reading, program: string): Promise<Fact<readonly Gpu[]>> {
  const text = await reading.run(program, '--query-gpu=name,memory.total', '--format=csv,noheader,nounits');
  const found = [...text.matchAll(/^(.+), (\d+|\[N\/A\])$/gm)].map(([, model = '', mebibytes]): Gpu => {
    const memoryBytes = Number(mebibytes) * 2 ** 20;
    return { vendor: 'nvidia', model, memoryBytes: Number.isNaN(memoryBytes) ? undefined : memoryBytes };
  });
  return found.length > 0 ? known(found, program) : unknown(`${program}: ${text.replace(/\s+/g, ' ').trim()}`);
}

/** The driver names every card of the machine; a container may be given some of them, or none. */
async function cardIn(reading: Reading, card: string): Promise<Gpu[]> {
  const text = await reading.text(`${driverFolder}/${card}/information`);
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1];
  const isGiven = (await reading.list('/dev')).includes(`nvidia${field('Device Minor') ?? ''}`);
  return isGiven ? [{ vendor: 'nvidia', model: field('Model') ?? 'NVIDIA', memoryBytes: undefined }] : [];
}
