import type { ExpectedTensor } from '../architecture.js';
import type { Dimensions } from '../dimensions.js';
import { layoutOf, type Variant } from '../variant.js';
import { melFilters, melFrequencies } from './mel-filters.js';

const magic = 0x67_67_6d_6c;

/** What a ggml file begins with: signature and header. */
export function ggmlHeader(dimensions: Dimensions, variant: Variant): Buffer {
  const { vocabulary, audioContext, audioState, audioHeads, audioLayers, mels } = dimensions;
  const { textContext, textState, textHeads, textLayers } = dimensions;
  const encoder = [vocabulary, audioContext, audioState, audioHeads, audioLayers];
  const decoder = [textContext, textState, textHeads, textLayers];
  return integers(magic, ...encoder, ...decoder, mels, fileType(variant));
}

/** The mel filters of a ggml file, after how many bands and frequencies they have. */
export function ggmlMelFilters(bands: number): Buffer {
  return Buffer.concat([integers(bands, melFrequencies), Buffer.from(melFilters(bands).buffer)]);
}

/** What stands before the values of a tensor. */
export function tensorHeader({ name, shape, variant }: ExpectedTensor): Buffer {
  const header = integers(shape.length, name.length, layoutOf(variant).typeId, ...shape);
  return Buffer.concat([header, Buffer.from(name, 'latin1')]);
}

/**
 * `ftype`: 2007 is q8_0 in the second layout of quantised blocks. Where an older layout is the same, its version is
 * written, as in the published files: ours then are the same to the byte.
 */
function fileType(variant: Variant): number {
  const { fileTypeId, layoutVersions } = layoutOf(variant);
  return Math.min(...layoutVersions) * 1000 + fileTypeId;
}

function integers(...values: readonly number[]): Buffer {
  return Buffer.from(Int32Array.from(values).buffer);
}
