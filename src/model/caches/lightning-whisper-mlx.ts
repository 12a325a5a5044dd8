import { join } from 'node:path';
import { hubTool } from './hub-tool.js';
import { mlxModels } from './mlx-models.js';

/**
 * lightning-whisper-mlx, Apple silicon only; not yet run on that hardware. It also downloads into a plain folder of its
 * own, `mlx_models/NAME` in the current folder, in whichever variant was asked for.
 */
export const lightningWhisperMlx = hubTool({
  tool: 'LightningWhisperMLX',
  models: mlxModels,
  chains: {
    tiny: ['tiny-q4', 'tiny'],
    base: ['base-q4', 'base'],
    small: ['small-q4', 'small'],
    medium: ['medium-q4', 'medium'],
    large: ['large-v3'],
  },
  ownFolders: ({ projectFolder }, { name, variant }) =>
    variant === 'float16' ? [join(projectFolder, 'mlx_models', name)] : [],
});
