import { hubTool } from './hub-tool.js';
import type { CacheModel } from './tool-cache.js';

const parakeet: CacheModel = {
  name: 'parakeet-tdt-0.6b-v2',
  source: 'mlx-community/parakeet-tdt-0.6b-v2',
  files: [{ names: ['model.safetensors'], size: { bytes: 2_471_559_904, tolerance: 0 } }, { names: ['config.json'] }],
};

const sizes = ['tiny', 'base', 'small', 'medium', 'large'];

/** parakeet-mlx, Apple silicon only; not yet run on that hardware. It has one model, whatever size is asked for. */
export const parakeetMlx = hubTool({
  tool: 'ParakeetMLX',
  models: [parakeet],
  chains: Object.fromEntries(sizes.map((size) => [size, [parakeet.name]])),
});
