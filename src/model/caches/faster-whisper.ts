import { hubTool } from './hub-tool.js';
import type { CacheModel, ExpectedFile } from './tool-cache.js';

/**
 * `model.bin` of the published float16 conversions, to the byte where the hub's listings are known; the distilled ones
 * are rounded.
 */
const published: readonly (readonly [name: string, repository: string, bytes: number, tolerance?: number])[] = [
  ['tiny', 'Systran/faster-whisper-tiny', 75_538_270],
  ['tiny.en', 'Systran/faster-whisper-tiny.en', 75_537_502],
  ['base', 'Systran/faster-whisper-base', 145_217_532],
  ['base.en', 'Systran/faster-whisper-base.en', 145_216_508],
  ['small', 'Systran/faster-whisper-small', 483_546_902],
  ['small.en', 'Systran/faster-whisper-small.en', 483_545_366],
  ['medium', 'Systran/faster-whisper-medium', 1_527_906_378],
  ['medium.en', 'Systran/faster-whisper-medium.en', 1_527_904_330],
  ['large-v1', 'Systran/faster-whisper-large-v1', 3_086_912_962],
  ['large-v2', 'Systran/faster-whisper-large-v2', 3_086_912_962],
  ['large-v3', 'Systran/faster-whisper-large-v3', 3_087_284_237],
  ['large-v3-turbo', 'mobiuslabsgmbh/faster-whisper-large-v3-turbo', 1_617_884_929],
  ['distil-small.en', 'Systran/faster-distil-whisper-small.en', 332_000_000, 0.02],
  ['distil-medium.en', 'Systran/faster-distil-whisper-medium.en', 789_000_000, 0.02],
  ['distil-large-v2', 'Systran/faster-distil-whisper-large-v2', 1_513_000_000, 0.02],
  ['distil-large-v3', 'Systran/faster-distil-whisper-large-v3', 1_512_927_867],
  ['distil-large-v3.5', 'distil-whisper/distil-large-v3.5-ct2', 1_512_927_867],
];

/** CTranslate2's int8 keeps a scale per row, and positions and norms in float: 0.53 of float16, less for larger ones. */
const int8Share = 0.53;

/** The network of large-v3 and its children takes 128 mel bands, which only this file says. */
const preprocessor: ExpectedFile = { names: ['preprocessor_config.json'] };

function filesOf(name: string, bytes: number, tolerance: number): readonly ExpectedFile[] {
  return [
    {
      names: ['model.bin'],
      size: { bytes, tolerance },
      otherSizes: [{ variant: 'int8', bytes: Math.round(bytes * int8Share), tolerance: 0.06 }],
    },
    { names: ['config.json'] },
    { names: ['tokenizer.json'] },
    { names: ['vocabulary.txt', 'vocabulary.json'] },
    ...(name.includes('large-v3') ? [preprocessor] : []),
  ];
}

const models: readonly CacheModel[] = published.map(([name, source, bytes, tolerance = 0]) => ({
  name,
  variant: 'float16',
  source,
  files: filesOf(name, bytes, tolerance),
}));

/** faster-whisper (CTranslate2). `download_root` makes any folder a hub cache of its own. */
export const fasterWhisper = hubTool({
  tool: 'FasterWhisper',
  models,
  chains: { large: ['large-v3-turbo', 'large-v3'], turbo: ['large-v3-turbo'] },
});
