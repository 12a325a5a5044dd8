import type { Dimensions } from '../dimensions.js';

/** Where a CTranslate2 file has a tensor of a ggml file. */
export interface TensorSource {
  readonly tensor: string;
  readonly variable: string;
  /** Projections of one input lie below each other in one matrix: which of how many this is. */
  readonly part: readonly [index: number, of: number];
}

/**
 * Every tensor of a Whisper network under its two names, in the order in which OpenAI's first checkpoints, and the ggml
 * files made of them, have them. CTranslate2 also stores a bias for the keys; attention is the same without it,
 * because it adds the same to every score of a query.
 */
export function tensorSources({ audioLayers, textLayers }: Dimensions): readonly TensorSource[] {
  return [
    source('decoder.positional_embedding', 'decoder/position_encodings/encodings'),
    source('encoder.positional_embedding', 'encoder/position_encodings/encodings'),
    source('decoder.token_embedding.weight', 'decoder/embeddings/weight'),
    ...layers(textLayers, (layer) => [
      ...block(`decoder.blocks.${layer}`, `decoder/layer_${layer}`),
      ...crossAttention(`decoder.blocks.${layer}`, `decoder/layer_${layer}/attention`),
    ]),
    ...norm('decoder.ln', 'decoder/layer_norm'),
    ...linear('encoder.conv1', 'encoder/conv1'),
    ...linear('encoder.conv2', 'encoder/conv2'),
    ...layers(audioLayers, (layer) => block(`encoder.blocks.${layer}`, `encoder/layer_${layer}`)),
    ...norm('encoder.ln_post', 'encoder/layer_norm'),
  ];
}

function layers(count: number, sourcesOf: (layer: number) => readonly TensorSource[]): readonly TensorSource[] {
  return Array.from({ length: count }, (_, layer) => sourcesOf(layer)).flat();
}

function block(tensor: string, variable: string): readonly TensorSource[] {
  const attention = `${variable}/self_attention`;
  return [
    ...norm(`${tensor}.mlp_ln`, `${variable}/ffn/layer_norm`),
    ...linear(`${tensor}.mlp.0`, `${variable}/ffn/linear_0`),
    ...linear(`${tensor}.mlp.2`, `${variable}/ffn/linear_1`),
    ...norm(`${tensor}.attn_ln`, `${attention}/layer_norm`),
    ...linear(`${tensor}.attn.query`, `${attention}/linear_0`, [0, 3]),
    source(`${tensor}.attn.key.weight`, `${attention}/linear_0/weight`, [1, 3]),
    ...linear(`${tensor}.attn.value`, `${attention}/linear_0`, [2, 3]),
    ...linear(`${tensor}.attn.out`, `${attention}/linear_1`),
  ];
}

function crossAttention(tensor: string, variable: string): readonly TensorSource[] {
  return [
    ...norm(`${tensor}.cross_attn_ln`, `${variable}/layer_norm`),
    ...linear(`${tensor}.cross_attn.query`, `${variable}/linear_0`),
    source(`${tensor}.cross_attn.key.weight`, `${variable}/linear_1/weight`, [0, 2]),
    ...linear(`${tensor}.cross_attn.value`, `${variable}/linear_1`, [1, 2]),
    ...linear(`${tensor}.cross_attn.out`, `${variable}/linear_2`),
  ];
}

function linear(tensor: string, variable: string, part?: TensorSource['part']): readonly TensorSource[] {
  return [source(`${tensor}.weight`, `${variable}/weight`, part), source(`${tensor}.bias`, `${variable}/bias`, part)];
}

function norm(tensor: string, variable: string): readonly TensorSource[] {
  return [source(`${tensor}.weight`, `${variable}/gamma`), source(`${tensor}.bias`, `${variable}/beta`)];
}

function source(tensor: string, variable: string, part: TensorSource['part'] = [0, 1]): TensorSource {
  return { tensor, variable, part };
}
