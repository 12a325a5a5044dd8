import type { FoundModel, ModelFinding, Waste } from './cache-report.js';
import { type FilesFound, totalBytes } from './expected-files.js';
import type { CacheModel, Inspection } from './tool-cache.js';

/** One copy of a model, before it is said whose it is. */
export interface ModelCopy extends Pick<FilesFound, 'files' | 'faults' | 'missingFolders' | 'variant'> {
  readonly paths: FoundModel['paths'];
  readonly folder: string;
  readonly within: string;
  readonly revision?: string | undefined;
  /** Sentences about what is no fault. */
  readonly notes: readonly string[];
  readonly waste: readonly Omit<Waste, 'tool'>[];
  /** Copies that the tool does not load from. */
  readonly spares?: readonly ModelCopy[];
}

/**
 * What a tool has, model by model: a finding for each copy, or one that says that there is none.
 * @param unreadable Sentences about places where there may be more
 */
export async function inspectionOf<Model extends CacheModel>(
  tool: string,
  models: readonly Model[],
  unreadable: readonly string[],
  copiesOf: (model: Model) => Promise<readonly ModelCopy[]>,
): Promise<Inspection> {
  const findings: ModelFinding[] = [];
  const waste: Waste[] = [];
  for (const model of models) {
    const copies = await copiesOf(model);
    findings.push(...copies.map((copy) => foundModel(tool, model, copy)));
    if (copies.length === 0 && !model.unpublished) {
      const { name, variant, source } = model;
      const reasons = [`${source} is in none of its places.`, ...new Set(unreadable)];
      findings.push({ state: 'missing', tool, model: name, variant, source, reasons });
    }
    const everyCopy = new Set(copies.flatMap((copy) => [copy, ...(copy.spares ?? [])]));
    for (const copy of everyCopy) waste.push(...copy.waste.map((item) => ({ ...item, tool })));
  }
  return { findings, waste };
}

function foundModel(tool: string, model: CacheModel, copy: ModelCopy): FoundModel {
  const { paths, folder, within, revision, files, missingFolders, faults, notes, spares = [] } = copy;
  return {
    state: faults.length === 0 ? 'complete' : 'incomplete',
    tool,
    model: model.name,
    variant: copy.variant ?? model.variant,
    source: model.source,
    paths,
    folder,
    within,
    revision,
    sizeBytes: totalBytes(files),
    files,
    missingFolders,
    reasons: [...faults, ...notes],
    spares: spares.map((spare) => foundModel(tool, model, spare)),
  };
}
