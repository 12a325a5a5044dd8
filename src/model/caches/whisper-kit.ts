import { basename, join } from 'node:path';
import { inBytes } from './byte-count.js';
import type { CacheContext } from './cache-context.js';
import type { Waste } from './cache-report.js';
import { findFiles } from './expected-files.js';
import { inspectionOf, type ModelCopy } from './model-copy.js';
import { orphanPattern } from './orphan.js';
import { findPlaces } from './places.js';
import { listFolder, lookAt, walkFolder } from './sight.js';
import {
  type CacheModel,
  type ExpectedFile,
  type InspectOptions,
  roundedTolerance,
  type ToolCache,
} from './tool-cache.js';

const tool = 'WhisperKit';
/** Only their names are read. */
const mostTemporaryFiles = 100_000;
const repository = join('models', 'argmaxinc', 'whisperkit-coreml');

/**
 * Folder and, where they are known, total of a model's three parts: those of tiny, small, large-v3 and distil-large-v3
 * are the floor that users reported (large-v3 is 2.9 GB when it is not compressed).
 */
const published: readonly (readonly [name: string, folder: string, bytes?: number])[] = [
  ['tiny', 'openai_whisper-tiny', 76e6],
  ['tiny.en', 'openai_whisper-tiny.en', 76e6],
  ['base', 'openai_whisper-base', 140e6],
  ['base.en', 'openai_whisper-base.en', 140e6],
  ['small', 'openai_whisper-small', 467e6],
  ['small.en', 'openai_whisper-small.en', 467e6],
  ['medium', 'openai_whisper-medium', 1.4e9],
  ['medium.en', 'openai_whisper-medium.en', 1.4e9],
  ['large-v2', 'openai_whisper-large-v2'],
  ['large-v3', 'openai_whisper-large-v3', 1.4e9],
  ['large-v3_turbo', 'openai_whisper-large-v3_turbo'],
  ['large-v3-turbo', 'openai_whisper-large-v3-v20240930'],
  ['large-v3-turbo_626MB', 'openai_whisper-large-v3-v20240930_626MB', 626e6],
  ['distil-large-v3', 'distil-whisper_distil-large-v3', 229e6],
];

const parts: readonly ExpectedFile[] = ['AudioEncoder', 'TextDecoder', 'MelSpectrogram'].map((part) => ({
  names: [`${part}.mlmodelc`],
  bundle: ['weights/weight.bin'],
}));

const models: readonly CacheModel[] = published.map(([name, folder, bytes]) => ({
  name,
  source: `argmaxinc/whisperkit-coreml/${folder}`,
  files: parts,
  ...(bytes === undefined ? {} : { total: { bytes, tolerance: roundedTolerance } }),
}));

/**
 * WhisperKit, macOS only; not yet run on that hardware. A download that timed out leaves parts without their `weights`
 * folder, and then every later attempt fails to move what it fetched there and leaves it in the temporary folder.
 */
export const whisperKit: ToolCache = {
  tool,
  models,
  chains: { large: ['large-v3'], turbo: ['large-v3-turbo', 'large-v3-turbo_626MB'] },
  async inspect(context, options) {
    const { folders: roots, unreadable } = await findPlaces(context, [
      join(context.home, 'Documents', 'huggingface', repository),
      join(context.home, 'Library', 'Application Support', 'MacWhisper', 'models', 'whisperkit', repository),
      ...context.folders.flatMap((folder) => [folder, join(folder, repository)]),
    ]);
    const { findings } = await inspectionOf(tool, models, unreadable, (model) =>
      findModelFolders(context, roots, model, options),
    );
    if (findings.every((finding) => finding.state === 'missing')) return { findings, waste: [] };
    const downloads = roots.map((root) => join(root, '.cache', 'huggingface', 'download'));
    const orphans = await findOrphans([...downloads, context.env['TMPDIR'] ?? '']);
    return { findings, waste: [...orphans, ...(await compiledCaches(context))] };
  },
};

async function findModelFolders(
  context: CacheContext,
  roots: readonly string[],
  model: CacheModel,
  options: InspectOptions,
): Promise<readonly ModelCopy[]> {
  const name = basename(model.source);
  const copies: ModelCopy[] = [];
  const paths = roots.flatMap((root) => (basename(root) === name ? [root] : [join(root, name)]));
  for (const path of (await findPlaces(context, paths)).folders) {
    const found = await findFiles(path, model, options);
    copies.push({ ...found, paths: [path], folder: path, within: path, notes: [], waste: [] });
  }
  return copies;
}

async function findOrphans(folders: readonly string[]): Promise<readonly Waste[]> {
  const orphans: Waste[] = [];
  for (const folder of folders.filter((path) => path !== '')) {
    const isTemporary = !folder.endsWith('download');
    const names = isTemporary
      ? (await listFolder(folder, mostTemporaryFiles)).names
      : (await walkFolder(folder)).entries.map(({ name }) => name);
    for (const name of names.filter((candidate) => orphanPattern.test(basename(candidate)))) {
      const path = join(folder, name);
      const sight = await lookAt(path);
      // A link is nobody's download.
      if (sight.kind !== 'file' || sight.storedAt !== path) continue;
      const { sizeBytes, modifiedSeconds } = sight;
      const reason = `${basename(name)} is what a download that broke off has left, ${inBytes(sizeBytes)}; nothing will go on with it.`;
      const removal = { within: folder, modifiedSeconds };
      orphans.push({ kind: 'orphan', tool, paths: [path], bytes: sizeBytes, reason, byDesign: false, removal });
    }
  }
  return orphans;
}

/** What macOS compiled for the neural engine: under each program's name in the user's caches. */
async function compiledCaches({ home }: CacheContext): Promise<readonly Waste[]> {
  const caches = join(home, 'Library', 'Caches');
  const compiled: Waste[] = [];
  for (const program of (await listFolder(caches)).names.filter((name) => /whisper|argmax/i.test(name))) {
    const path = join(caches, program, 'com.apple.e5rt.e5bundlecache');
    const { entries } = await walkFolder(path);
    const bytes = entries.reduce((sum, { sight }) => sum + (sight.kind === 'file' ? sight.sizeBytes : 0), 0);
    if (bytes === 0) continue;
    const reason = `macOS keeps ${inBytes(bytes)} of models compiled for ${program}, and makes them again when they are gone.`;
    compiled.push({ kind: 'compiled-cache', tool, paths: [path], bytes, reason, byDesign: true });
  }
  return compiled;
}
