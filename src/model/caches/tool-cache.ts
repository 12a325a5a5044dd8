import type { CacheContext } from './cache-context.js';
import type { ModelFinding, Waste } from './cache-report.js';

/** Another implementation of Whisper, and where it keeps its models. */
export interface ToolCache {
  readonly tool: string;
  readonly models: readonly CacheModel[];
  /** Names that people ask for, each with the models that are tried for it, best first. */
  readonly chains: Readonly<Record<string, readonly string[]>>;
  /**
   * Looks at every place of every model, and changes nothing. What cannot be read is a reason in a finding.
   * @throws EngineError `ABORTED`
   */
  inspect(context: CacheContext, options: InspectOptions): Promise<Inspection>;
}

export interface InspectOptions {
  /** Also hash every file whose hash is known, which reads all of it. */
  readonly deep: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface Inspection {
  readonly findings: readonly ModelFinding[];
  readonly waste: readonly Waste[];
}

export interface CacheModel {
  /** Unique within its tool. */
  readonly name: string;
  readonly variant?: string;
  /** Hub repository, or address of the file. */
  readonly source: string;
  readonly files: readonly ExpectedFile[];
  /** Nobody publishes it, so that it is no loss when it is not here. */
  readonly unpublished?: boolean;
  /** All files together, where the parts' sizes are not known. */
  readonly total?: ExpectedSize;
}

export interface ExpectedFile {
  /** Paths within the model, any one of which will do. */
  readonly names: readonly [string, ...string[]];
  readonly size?: ExpectedSize;
  /** Sizes of other conversions, which only a folder of the user's own can hold. */
  readonly otherSizes?: readonly VariantSize[];
  /** Lower-case hexadecimal. With a hash, the size is exact too. */
  readonly sha256?: string;
  /** Not a file but a folder of files, of which at least these must be there. */
  readonly bundle?: readonly string[];
}

/** How large something is at least. */
export interface ExpectedSize {
  readonly bytes: number;
  /** Share of `bytes` by which a good one may be smaller: 0 where the published size is known to the byte. */
  readonly tolerance: number;
}

export interface VariantSize extends ExpectedSize {
  readonly variant: string;
}

/** Where the sources give rounded figures. */
export const roundedTolerance = 0.1;
