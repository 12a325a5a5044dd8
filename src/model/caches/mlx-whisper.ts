import { hubTool } from './hub-tool.js';
import { mlxModels } from './mlx-models.js';

/** mlx-whisper, Apple silicon only; not yet run on that hardware. Quantised where there is a good one, else whole. */
export const mlxWhisper = hubTool({
  tool: 'MLXWhisper',
  models: mlxModels,
  chains: {
    tiny: ['tiny-q4', 'tiny'],
    small: ['small-4bit', 'small'],
    medium: ['medium-8bit', 'medium'],
    large: ['large-v3-turbo'],
    'large-v2': ['large-v2-4bit', 'large-v2'],
    'large-v3': ['large-v3-8bit', 'large-v3'],
    turbo: ['large-v3-turbo'],
  },
});
