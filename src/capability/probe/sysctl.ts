import type { Reading } from './reading.js';

/** What macOS says of its processor; an older one does not know all of these names and leaves them out. */
const names = [
  'hw.physicalcpu',
  'hw.perflevel1.physicalcpu',
  'machdep.cpu.features',
  'machdep.cpu.leaf7_features',
  'hw.optional.arm.FEAT_FP16',
  'hw.optional.arm.FEAT_DotProd',
  'hw.optional.arm.FEAT_I8MM',
  'hw.optional.arm.FEAT_BF16',
  'hw.optional.arm.FEAT_SME',
];

/** The values by name. @throws Error elsewhere than on macOS. */
export async function sysctl(reading: Reading): Promise<ReadonlyMap<string, string>> {
  if (reading.platform !== 'darwin') throw new Error(`sysctl: has no such names on ${reading.platform}`);
  const text = await reading.run('/usr/sbin/sysctl', ...names);
  return new Map(
    text.split('\n').map((line) => {
      const [name = '', ...value] = line.split(':');
      return [name, value.join(':').trim()] as const;
    }),
  );
}
