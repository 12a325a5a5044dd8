import { basename, join } from 'node:path';
import type { CacheContext } from './cache-context.js';
import { findFiles } from './expected-files.js';
import { hubCopies, namedFolders, plainCopies } from './hub-tool.js';
import { inspectionOf, type ModelCopy } from './model-copy.js';
import { hubPlaces, plainPlaces } from './places.js';
import { type CacheModel, type InspectOptions, roundedTolerance, type ToolCache } from './tool-cache.js';

/** Sizes of the compiled parts as `du` shows them, in bytes. */
interface Parts {
  readonly encoder: number;
  readonly decoder: number;
  readonly joint: number;
  readonly preprocessor: number;
}

function parakeet(name: string, { encoder, decoder, joint, preprocessor }: Parts): CacheModel {
  const bundle = (bytes: number, ...names: [string, ...string[]]) => ({
    names,
    bundle: [],
    size: { bytes, tolerance: roundedTolerance },
  });
  return {
    name,
    source: `FluidInference/${name}-coreml`,
    files: [
      bundle(encoder, 'Encoder.mlmodelc'),
      bundle(decoder, 'Decoder.mlmodelc'),
      // Newer releases of FluidAudio take the second one of v3.
      bundle(joint, 'JointDecision.mlmodelc', 'JointDecisionv3.mlmodelc'),
      bundle(preprocessor, 'Preprocessor.mlmodelc'),
      { names: ['parakeet_vocab.json'] },
      { names: ['config.json'] },
    ],
  };
}

const models = [
  parakeet('parakeet-tdt-0.6b-v3', { encoder: 425e6, decoder: 23e6, joint: 12e6, preprocessor: 520e3 }),
  parakeet('parakeet-tdt-0.6b-v2', { encoder: 433e6, decoder: 14e6, joint: 4e6, preprocessor: 332e3 }),
];

const tool = 'FluidAudioCoreML';
const modelsFolder = join('Library', 'Application Support', 'FluidAudio', 'Models');
const sizes = ['tiny', 'base', 'small', 'medium', 'large'];

/**
 * FluidAudio, macOS only; not yet run on that hardware. It loads from Application Support. What it found in the hub
 * cache it copies there, and the copying is known to end half-way.
 */
export const fluidAudioCoreMl: ToolCache = {
  tool,
  models,
  chains: Object.fromEntries(sizes.map((size) => [size, models.map((model) => model.name)])),
  async inspect(context, options) {
    const hubs = await hubPlaces(context);
    const plain = await plainPlaces(context);
    return inspectionOf(tool, models, [...hubs.unreadable, ...plain.unreadable], async (model) => {
      const spares = await hubCopies(hubs.folders, model, options);
      const folder = join(context.home, modelsFolder, basename(model.source));
      const loaded = await plainCopies(context, [folder, ...namedFolders(plain.folders, model)], model, options);
      const notCopied =
        loaded.length === 0 && spares.length > 0 ? [await neverCopied(context, folder, model, options)] : [];
      return [...loaded, ...notCopied].map((copy) => ({ ...copy, spares }));
    });
  },
};

async function neverCopied(
  { home }: CacheContext,
  folder: string,
  model: CacheModel,
  options: InspectOptions,
): Promise<ModelCopy> {
  const found = await findFiles(folder, model, options);
  const fault = `It was downloaded, but never copied to ${folder}, where FluidAudio loads it from.`;
  return { ...found, paths: [folder], folder, within: home, faults: [fault], notes: [], waste: [] };
}
