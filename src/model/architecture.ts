import type { Dimensions } from './dimensions.js';
import { layoutOf, tensorBytes, type Variant, type WeightLayout } from './variant.js';

/** A tensor that a model must have. */
export interface ExpectedTensor {
  readonly name: string;
  /** Fastest dimension first, as in the file. */
  readonly shape: readonly number[];
  readonly variant: Variant;
  readonly sizeBytes: number;
}

/** The complete set of tensors of a Whisper network, by name. */
export function expectedTensors(dimensions: Dimensions, variant: Variant): ReadonlyMap<string, ExpectedTensor> {
  const { audioContext, audioState, audioLayers, mels, textContext, textState, textLayers, vocabulary } = dimensions;
  const tensors = new Map<string, ExpectedTensor>();
  const add = (name: string, stored: Variant, ...shape: readonly number[]): void => {
    const layout: WeightLayout = layoutOf(stored);
    tensors.set(name, { name, shape, variant: stored, sizeBytes: tensorBytes(layout, shape) });
  };
  // Only matrices are quantised; convolutions stay f16, everything else is f32.
  const convolution: Variant = variant === 'f32' ? 'f32' : 'f16';
  const norm = (name: string, state: number): void => {
    add(`${name}.weight`, 'f32', state);
    add(`${name}.bias`, 'f32', state);
  };
  const linear = (name: string, inputs: number, outputs: number): void => {
    add(`${name}.weight`, variant, inputs, outputs);
    add(`${name}.bias`, 'f32', outputs);
  };
  const attention = (name: string, state: number): void => {
    linear(`${name}.query`, state, state);
    add(`${name}.key.weight`, variant, state, state);
    linear(`${name}.value`, state, state);
    linear(`${name}.out`, state, state);
  };
  const block = (name: string, state: number): void => {
    norm(`${name}.attn_ln`, state);
    attention(`${name}.attn`, state);
    norm(`${name}.mlp_ln`, state);
    linear(`${name}.mlp.0`, state, 4 * state);
    linear(`${name}.mlp.2`, 4 * state, state);
  };

  add('encoder.positional_embedding', 'f32', audioState, audioContext);
  add('encoder.conv1.weight', convolution, 3, mels, audioState);
  add('encoder.conv1.bias', 'f32', 1, audioState);
  add('encoder.conv2.weight', convolution, 3, audioState, audioState);
  add('encoder.conv2.bias', 'f32', 1, audioState);
  norm('encoder.ln_post', audioState);
  for (let layer = 0; layer < audioLayers; layer += 1) block(`encoder.blocks.${layer}`, audioState);

  add('decoder.positional_embedding', 'f32', textState, textContext);
  add('decoder.token_embedding.weight', variant, textState, vocabulary);
  norm('decoder.ln', textState);
  for (let layer = 0; layer < textLayers; layer += 1) {
    block(`decoder.blocks.${layer}`, textState);
    norm(`decoder.blocks.${layer}.cross_attn_ln`, textState);
    attention(`decoder.blocks.${layer}.cross_attn`, textState);
  }
  return tensors;
}
