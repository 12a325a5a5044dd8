import { type Dimensions, englishVocabulary, sizes } from './dimensions.js';

/** What a model is called, judged by the network in its file. */
export interface ModelName {
  /** A published name such as `base` or `tiny.en`; distilled models are `distil-` and the name of their teacher. */
  readonly name: string;
  /** Name of the alignment-head preset for word times by DTW; empty when there is none for this network. */
  readonly alignment: string;
}

export function isMultilingual(dimensions: Dimensions): boolean {
  return dimensions.vocabulary > englishVocabulary;
}

/** `fileName` only tells large-v1 from large-v2, whose networks have the same shape. */
export function nameModel(dimensions: Dimensions, fileName: string): ModelName {
  const { audioLayers, audioState, mels, textLayers } = dimensions;
  const size = sizes.find((candidate) => candidate.state === audioState)?.name ?? 'unknown';
  const whole = textLayers === audioLayers;
  if (size !== 'large') {
    const name = isMultilingual(dimensions) ? size : `${size}.en`;
    return whole ? { name, alignment: name } : { name: `distil-${name}`, alignment: '' };
  }
  if (mels === 128) {
    if (whole) return { name: 'large-v3', alignment: 'large-v3' };
    return textLayers === 4
      ? { name: 'large-v3-turbo', alignment: 'large-v3-turbo' }
      : { name: 'distil-large-v3', alignment: '' };
  }
  if (!whole) return { name: 'distil-large-v2', alignment: '' };
  const version = /large-v[12]/.exec(fileName)?.[0];
  return { name: version ?? 'large-v2', alignment: version ?? '' };
}
