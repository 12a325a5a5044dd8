import { refuseIfAborted } from '../refusal.js';
import { inBytes } from './byte-count.js';
import type { CacheFile, FoundModel, Waste } from './cache-report.js';
import { sha256OfBytes } from './content-hash.js';
import type { InspectOptions } from './tool-cache.js';

interface Copy {
  readonly model: FoundModel;
  /** The tool does not load this one. */
  readonly isSpare: boolean;
}

/**
 * Files that are on the disk more than once, per pair of places. Two names of one file, as hard links and the links of
 * hub caches are, take their room once. Files are the same when they are the same file of the same publication with the
 * same size; with `deep`, when their bytes are.
 * @throws EngineError `ABORTED`
 */
export async function findDuplicates(
  models: readonly FoundModel[],
  options: InspectOptions,
): Promise<readonly Waste[]> {
  const copies = models.flatMap((model): readonly Copy[] => [
    { model, isSpare: false },
    ...model.spares.map((spare) => ({ model: spare, isSpare: true })),
  ]);
  const kept = new Map<string, { readonly file: CacheFile; readonly copy: Copy }[]>();
  const waste = new Map<string, Waste>();
  for (const copy of copies) {
    for (const file of copy.model.files.filter((candidate) => candidate.sound)) {
      const key = `${copy.model.source}\n${file.name}\n${file.sizeBytes}`;
      const others = kept.get(key) ?? [];
      kept.set(key, others);
      if (others.some((other) => other.file.inode === file.inode)) continue;
      const twin = await findTwin(file, others, options);
      others.push({ file, copy });
      if (twin) addTo(waste, twin.copy, copy, file.sizeBytes, options);
    }
  }
  return [...waste.values()];
}

async function findTwin<Other extends { readonly file: CacheFile }>(
  file: CacheFile,
  others: readonly Other[],
  { deep, signal }: InspectOptions,
): Promise<Other | undefined> {
  if (!deep) return others[0];
  for (const other of others) {
    // Of a file that cannot be read it cannot be said that it is there twice.
    const hashes = await Promise.all([file, other.file].map((each) => sha256OfBytes(each.storedAt, signal))).catch(
      () => [],
    );
    refuseIfAborted(signal);
    if (hashes[0] !== undefined && hashes[0] === hashes[1]) return other;
  }
  return undefined;
}

function addTo(
  waste: Map<string, Waste>,
  first: Copy,
  second: Copy,
  sizeBytes: number,
  { deep }: InspectOptions,
): void {
  const paths = [first.model.paths[0], second.model.paths[0]];
  const bytes = (waste.get(paths.join('\n'))?.bytes ?? 0) + sizeBytes;
  const byDesign = first.isSpare || second.isSpare;
  const evidence = deep ? 'the same bytes' : 'the same names and sizes';
  const reason = byDesign
    ? `${second.model.tool} keeps its download beside the copy that it loads: ${inBytes(bytes)} twice, by design.`
    : `${first.model.source} is in two places with ${evidence}: ${inBytes(bytes)} too much.`;
  waste.set(paths.join('\n'), { kind: 'duplicate', tool: second.model.tool, paths, bytes, reason, byDesign });
}
