import { fasterWhisper } from './faster-whisper.js';
import { fluidAudioCoreMl } from './fluid-audio-coreml.js';
import { insanelyFastWhisper } from './insanely-fast-whisper.js';
import { lightningWhisperMlx } from './lightning-whisper-mlx.js';
import { mlxWhisper } from './mlx-whisper.js';
import { parakeetMlx } from './parakeet-mlx.js';
import type { ToolCache } from './tool-cache.js';
import { whisperCppCoreMl } from './whisper-cpp-coreml.js';
import { whisperKit } from './whisper-kit.js';
import { whisperMps } from './whisper-mps.js';

/** Every implementation whose models are known. A new one is a file like these and a line here. */
export const toolCaches: readonly ToolCache[] = [
  fasterWhisper,
  mlxWhisper,
  whisperCppCoreMl,
  insanelyFastWhisper,
  lightningWhisperMlx,
  parakeetMlx,
  fluidAudioCoreMl,
  whisperKit,
  whisperMps,
];
