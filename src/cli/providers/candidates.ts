import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ModelStore } from '../../model/store/store.js';
import { findPackage } from '../../pool/node-addon/package-place.js';
import { whisperNodeAddon, whisperNodeAddonNeeds } from '../../pool/node-addon/whisper-node-addon.js';
import { whisperCpp } from '../../pool/whisper-cpp-provider.js';
import { adapter, obstacleOf } from '../../provider/adapters/adapter.js';
import { type AdapterEntry, adapterTable } from '../../provider/adapters/adapter-table.js';
import { addonPath, buildCommand } from '../../provider/addon.js';
import type { Provider } from '../../provider/provider.js';

/** A provider that this package knows. */
export interface Candidate {
  readonly provider: Provider;
  /** Why it cannot work here, as far as that can be seen without starting anything. */
  readonly obstacle: string | undefined;
  /** What to know before relying on it. */
  readonly note?: string | undefined;
}

const python = 'python3';

/** All of them. whisper.cpp is tried with the smallest model that is here. */
export async function candidates(signal: AbortSignal): Promise<readonly Candidate[]> {
  const listed = await new ModelStore().list({ signal });
  const [smallest] = listed
    .filter((model) => model.state === 'good')
    .toSorted((one, other) => one.sizeBytes - other.sizeBytes);
  const model = smallest?.path ?? 'base';
  return [
    {
      provider: whisperCpp({ name: 'whisper-cpp', model }),
      obstacle: existsSync(addonPath)
        ? undefined
        : `Its binary is not there. Build it on this machine: ${buildCommand}.`,
    },
    {
      provider: whisperNodeAddon({ model }),
      obstacle: findPackage() ? undefined : whisperNodeAddonNeeds,
      note: 'It reads its model again for every chunk.',
    },
    ...Object.values<AdapterEntry>(adapterTable).map(candidateOf),
  ];
}

function candidateOf(entry: AdapterEntry): Candidate {
  const isProgramHere = (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => ['', '.exe'].some((end) => existsSync(join(folder, `${python}${end}`))));
  const obstacle = obstacleOf(entry) ?? (isProgramHere ? undefined : `There is no ${python} in PATH. ${entry.needs}`);
  return { provider: adapter(entry, { python }, {}), obstacle, note: entry.note };
}
