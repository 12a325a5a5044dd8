import { hubTool } from './hub-tool.js';
import type { CacheModel } from './tool-cache.js';

/** `model.safetensors` of OpenAI's repositories, to the byte: 32 bits a weight, 16 in large-v3 and turbo. */
const published: readonly (readonly [name: string, source: string, bytes: number])[] = [
  ['tiny', 'openai/whisper-tiny', 151_061_672],
  ['tiny.en', 'openai/whisper-tiny.en', 151_060_136],
  ['base', 'openai/whisper-base', 290_403_936],
  ['base.en', 'openai/whisper-base.en', 290_401_888],
  ['small', 'openai/whisper-small', 966_995_080],
  ['small.en', 'openai/whisper-small.en', 966_992_008],
  ['medium', 'openai/whisper-medium', 3_055_544_304],
  ['medium.en', 'openai/whisper-medium.en', 3_055_540_208],
  ['large-v1', 'openai/whisper-large', 6_173_370_152],
  ['large-v2', 'openai/whisper-large-v2', 6_173_370_152],
  ['large-v3', 'openai/whisper-large-v3', 3_087_130_976],
  ['large-v3-turbo', 'openai/whisper-large-v3-turbo', 1_617_824_864],
];

const models: readonly CacheModel[] = published.map(([name, source, bytes]) => ({
  name,
  source,
  files: [
    // The pickled weights of older snapshots are a little larger: they also hold the tied projection's name.
    { names: ['model.safetensors', 'pytorch_model.bin'], size: { bytes, tolerance: 0 } },
    { names: ['config.json'] },
    { names: ['preprocessor_config.json'] },
    { names: ['tokenizer.json', 'vocab.json'] },
  ],
}));

/** insanely-fast-whisper: the pipelines of transformers over OpenAI's own repositories. */
export const insanelyFastWhisper = hubTool({
  tool: 'InsanelyFastWhisper',
  models,
  chains: { large: ['large-v3-turbo'], turbo: ['large-v3-turbo'] },
});
