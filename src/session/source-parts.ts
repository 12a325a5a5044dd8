import type { Ears } from './hearing.js';
import type { ResolvedSourceOptions } from './source-options.js';
import type { TrackOptions } from './track.js';

/** What a source is put together from. */
export interface SourceParts extends Omit<TrackOptions, 'source' | 'channel' | 'vad' | 'onSettled'> {
  readonly name: string;
  readonly options: ResolvedSourceOptions;
  readonly ears: Ears;
}
