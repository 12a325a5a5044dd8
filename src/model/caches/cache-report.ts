/** Of a model: whole; there but not usable; not there at all. */
export type CacheState = 'complete' | 'incomplete' | 'missing';

/** A file that belongs to a copy of a model, or should. */
export interface CacheFile {
  /** Path within the model, with forward slashes. */
  readonly name: string;
  /** Where its tool opens it. */
  readonly path: string;
  /** Where its bytes are, or should be: behind the link at `path`, if there is one. */
  readonly storedAt: string;
  /** Present and, as far as it was looked at, as it should be. */
  readonly sound: boolean;
  /** 0 when it is not there. */
  readonly sizeBytes: number;
  /** Device and inode, which hard links share. Empty when it is not there. */
  readonly inode: string;
  /** Seconds since 1970; 0 when it is not there. */
  readonly modifiedSeconds: number;
}

interface Asked {
  /** Such as `FasterWhisper`. */
  readonly tool: string;
  readonly model: string;
  /** Quantisation or compute type, where the tool has several. */
  readonly variant?: string | undefined;
  /** Where it is published: a hub repository, or a file. */
  readonly source: string;
  /** A sentence each: what is wrong, and what else there is to know. */
  readonly reasons: readonly string[];
}

/** One copy of a model in one place. */
export interface FoundModel extends Asked {
  readonly state: 'complete' | 'incomplete';
  /** What the tool is pointed at: a folder, or a file and what belongs to it. */
  readonly paths: readonly [string, ...string[]];
  /** Where the names of its files begin. */
  readonly folder: string;
  /** The known folder that it lies in. No repair reaches outside. */
  readonly within: string;
  /** Commit of the hub repository. */
  readonly revision?: string | undefined;
  /** Of the files that are there. */
  readonly sizeBytes: number;
  readonly files: readonly CacheFile[];
  /** Folders whose absence keeps the tool from going on with a download. */
  readonly missingFolders: readonly string[];
  /** Copies that the tool does not load from, such as the one it downloaded and copied from. */
  readonly spares: readonly FoundModel[];
}

export interface MissingModel extends Asked {
  readonly state: 'missing';
}

export type ModelFinding = FoundModel | MissingModel;

/** Bytes that could be had back. */
export interface Waste {
  readonly kind: 'duplicate' | 'unlinked-blob' | 'old-revision' | 'partial-download' | 'orphan' | 'compiled-cache';
  readonly tool: string;
  readonly paths: readonly string[];
  readonly bytes: number;
  readonly reason: string;
  /** The tool works that way: what is removed comes back. */
  readonly byDesign: boolean;
  /** Set when the only path is a leaving that nothing will ever read again. */
  readonly removal?: { readonly within: string; readonly modifiedSeconds: number } | undefined;
}

/** What a tool takes when it is asked for a model by a name that is not just that model's own. */
export interface NameInUse {
  readonly tool: string;
  readonly name: string;
  /** Models in the order in which they are tried. */
  readonly chain: readonly string[];
  /** The first of them that is complete. */
  readonly takes?: string | undefined;
}

export interface CacheReport {
  readonly state: CacheState;
  readonly counts: Readonly<Record<CacheState, number>>;
  readonly findings: readonly ModelFinding[];
  readonly names: readonly NameInUse[];
  readonly waste: readonly Waste[];
  readonly wastedBytes: number;
}

/** Of several: incomplete if any is, complete if those that are there are, missing when nothing is there. */
export function worstState(states: readonly CacheState[]): CacheState {
  if (states.includes('incomplete')) return 'incomplete';
  return states.includes('complete') ? 'complete' : 'missing';
}
