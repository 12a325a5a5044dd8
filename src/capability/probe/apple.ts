import { type Fact, known, unknown } from '../machine.js';
import type { Reading } from './reading.js';

export function appleChip({ platform, os }: Reading): Fact<string> {
  if (platform !== 'darwin') return unknown('not an Apple machine');
  const model = os.cpus()[0]?.model ?? '';
  return model.startsWith('Apple ') ? known(model, 'os.cpus') : unknown(`an Apple machine with another chip: ${model}`);
}

export function metal({ platform }: Reading): Fact<boolean> {
  return platform === 'darwin'
    ? known(true, 'every macOS that Node runs on needs it')
    : known(false, `${platform} has no Metal`);
}
