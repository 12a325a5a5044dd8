import { join } from 'node:path';
import { findFiles } from './expected-files.js';
import { inspectionOf, type ModelCopy } from './model-copy.js';
import { checkpoints } from './openai-checkpoints.js';
import { whisperPlaces } from './places.js';
import type { CacheModel, InspectOptions, ToolCache } from './tool-cache.js';

/** Earlier names under which a checkpoint may lie on a disk. `large` is whichever large was the latest. */
const otherNames: Readonly<Record<string, string>> = { 'large-v3': 'large.pt', 'large-v3-turbo': 'turbo.pt' };

const models: readonly CacheModel[] = checkpoints.map(({ name, sizeBytes, sha256 }) => ({
  name,
  source: `https://openaipublic.azureedge.net/main/whisper/models/${sha256}/${name}.pt`,
  files: [{ names: [`${name}.pt`], size: { bytes: sizeBytes, tolerance: 0 }, sha256 }],
}));

/** The size of the first `large`, which OpenAI later renamed: a `large.pt` of that size is no broken large-v3. */
const firstLargeBytes = checkpoints.find(({ name }) => name === 'large-v1')?.sizeBytes;

/**
 * whisper-mps, which runs on MLX; Apple silicon only, and not yet run on that hardware. What it is told to load it saves
 * in the given folder, and when it transcribes it downloads the same file once more into the user's cache.
 */
export const whisperMps: ToolCache = {
  tool: 'WhisperMPS',
  models,
  chains: { large: ['large-v3'], turbo: ['large-v3-turbo'] },
  async inspect(context, options) {
    const { folders, unreadable } = await whisperPlaces(context);
    return inspectionOf('WhisperMPS', models, unreadable, (model) => findCheckpoints(folders, model, options));
  },
};

async function findCheckpoints(
  folders: readonly string[],
  model: CacheModel,
  options: InspectOptions,
): Promise<readonly ModelCopy[]> {
  const copies: ModelCopy[] = [];
  const ownName = `${model.name}.pt`;
  for (const folder of folders) {
    for (const fileName of new Set([ownName, otherNames[model.name] ?? ownName])) {
      const files = model.files.map((file) => ({ ...file, names: [fileName] as const }));
      const found = await findFiles(folder, { files }, options);
      const [file] = found.files;
      if (!found.begun || file === undefined) continue;
      if (fileName !== ownName && file.sizeBytes === firstLargeBytes) continue;
      const notes = fileName === ownName ? [] : [`It is named ${fileName}; whisper-mps itself saves it as ${ownName}.`];
      const paths = [join(folder, fileName)] as const;
      copies.push({ ...found, files: [{ ...file, name: ownName }], paths, folder, within: folder, notes, waste: [] });
    }
  }
  return copies;
}
