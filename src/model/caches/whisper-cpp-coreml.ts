import { join } from 'node:path';
import { EngineError } from '../../errors.js';
import { type CatalogModel, catalog, fileNameOf, preferredVariants, publishedFile } from '../catalog.js';
import type { Candidate } from '../fallback.js';
import type { FileIdentity } from '../file-identity.js';
import { checkModel } from '../resolve.js';
import { recallHash } from '../store/verified-hashes.js';
import type { Variant } from '../variant.js';
import type { CacheContext } from './cache-context.js';
import { sha256OfBytes } from './content-hash.js';
import { cacheFile, findFiles } from './expected-files.js';
import { inspectionOf, type ModelCopy } from './model-copy.js';
import { whisperPlaces } from './places.js';
import { lookAt } from './sight.js';
import { type CacheModel, type InspectOptions, roundedTolerance, type ToolCache } from './tool-cache.js';

const tool = 'WhisperCppCoreML';

/** Core ML encoders, which have 16 bits a weight in every variant, by the width of the network. */
const encoderBytes: Readonly<Record<number, number>> = { 384: 16e6, 512: 41e6, 768: 176e6, 1024: 614e6, 1280: 1.27e9 };

interface GgmlModel extends CacheModel {
  readonly network: CatalogModel;
  readonly quantisation: Variant;
}

const models: readonly GgmlModel[] = catalog.flatMap((network) =>
  preferredVariants.map((quantisation) => {
    const fileName = fileNameOf(network.name, quantisation);
    const bytes = encoderBytes[network.dimensions.audioState] ?? 0;
    return {
      name: fileName.slice('ggml-'.length, -'.bin'.length),
      variant: quantisation,
      source: `ggerganov/whisper.cpp/${fileName}`,
      network,
      quantisation,
      unpublished: publishedFile(network.name, quantisation) === undefined,
      files: [
        { names: [fileName] },
        { names: [encoderName(network)], bundle: [], size: { bytes, tolerance: roundedTolerance } },
      ],
    };
  }),
);

/**
 * whisper.cpp with its encoder on Core ML, and our own models: what is complete here is what this engine loads, as the
 * same code checks it. Core ML is macOS only, and not yet run on that hardware; elsewhere the encoder is not needed.
 */
export const whisperCppCoreMl: ToolCache = {
  tool,
  models,
  chains: {
    tiny: ['tiny-q5_1', 'tiny-q8_0', 'tiny'],
    base: ['base-q5_1', 'base-q8_0', 'base'],
    small: ['small', 'small-q8_0', 'small-q5_1'],
    medium: ['medium-q5_0', 'medium-q8_0', 'medium'],
    large: ['large-v3-turbo-q5_0', 'large-v3-turbo-q8_0', 'large-v3-turbo'],
  },
  async inspect(context, options) {
    const { folders, unreadable } = await whisperPlaces(context);
    return inspectionOf(tool, models, unreadable, async (model) => {
      const copies: (ModelCopy | undefined)[] = [];
      for (const folder of folders) copies.push(await inspectFolder(folder, model, context, options));
      return copies.filter((copy) => copy !== undefined);
    });
  },
};

async function inspectFolder(
  folder: string,
  { files: expected, network, quantisation }: GgmlModel,
  { platform }: CacheContext,
  options: InspectOptions,
): Promise<ModelCopy | undefined> {
  const fileName = fileNameOf(network.name, quantisation);
  const path = join(folder, fileName);
  const sight = await lookAt(path);
  const encoder = await findFiles(folder, { files: expected.slice(1) }, options);
  const isBare = quantisation === 'f16' && encoder.begun && !(await hasAnyVariant(folder, network));
  if (sight.kind === 'nothing' && !isBare) return undefined;
  const fault = await ggmlFault(path, { model: network, variant: quantisation }, options);
  const isNeeded = platform === 'darwin';
  const remarks = encoder.faults.map((remark) => (isNeeded ? remark : `${remark} Only macOS uses it.`));
  return {
    paths: encoder.begun ? [path, join(folder, encoderName(network))] : [path],
    folder,
    within: folder,
    files: [cacheFile(fileName, path, sight, fault === undefined), ...encoder.files],
    faults: [...(fault === undefined ? [] : [fault]), ...(isNeeded ? remarks : [])],
    notes: isNeeded ? [] : remarks,
    missingFolders: [],
    variant: quantisation,
    waste: [],
  };
}

async function hasAnyVariant(folder: string, { name }: CatalogModel): Promise<boolean> {
  for (const variant of preferredVariants) {
    if ((await lookAt(join(folder, fileNameOf(name, variant)))).kind !== 'nothing') return true;
  }
  return false;
}

/** What our own loader says against the file; nothing when it would load it. */
async function ggmlFault(
  path: string,
  promised: Candidate,
  { deep, signal }: InspectOptions,
): Promise<string | undefined> {
  // Checking leaves nothing behind, so a hash that is not known yet is only worked out, and forgotten, on request.
  const hashOf = deep ? (file: FileIdentity) => sha256OfBytes(file.path, signal) : recallHash;
  try {
    await checkModel({ path, source: 'file', promised }, signal, hashOf);
    return undefined;
  } catch (error) {
    if (error instanceof EngineError && error.code !== 'ABORTED') return error.message;
    throw error;
  }
}

function encoderName({ name }: CatalogModel): string {
  return `ggml-${name}-encoder.mlmodelc`;
}
