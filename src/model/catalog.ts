import { embeddedSha256, type PublishedFile, publishedFiles } from './catalog-files.js';
import type { Dimensions } from './dimensions.js';
import { isMultilingual } from './model-name.js';
import type { Variant } from './variant.js';

/** One file that this engine knows to the byte. */
export interface CatalogFile {
  readonly fileName: string;
  readonly sizeBytes: number;
  /** Of the file as it is published; lower-case hexadecimal. */
  readonly sha256: string;
  /** Of other good files that go by the same name and have the same size. */
  readonly alsoSha256?: readonly string[];
}

/** A file of a model that the hub publishes. */
export interface CatalogVariant extends CatalogFile {
  readonly variant: Variant;
}

export type ModelSize = keyof typeof publishedFiles;

export interface CatalogModel {
  readonly name: ModelSize;
  readonly languages: 'en' | 'multilingual';
  /** Millions of weights, as OpenAI counts them. */
  readonly parametersMillions: number;
  readonly dimensions: Dimensions;
  /** What the hub publishes. Other variants are made locally, and are checked by their structure. */
  readonly files: readonly CatalogVariant[];
}

/** Where the hub keeps the files. */
export const hubAddress = 'https://huggingface.co/ggerganov/whisper.cpp/resolve/main/';

/** The order of taste when any variant will do: q8_0 is as accurate as f16, no slower, and half the size. */
export const preferredVariants: readonly Variant[] = ['q8_0', 'f16', 'q5_1', 'q5_0', 'q4_0'];

/** What tells the networks apart that OpenAI published. */
interface Network {
  readonly parametersMillions: number;
  readonly state: number;
  readonly layers: readonly [encoder: number, decoder: number];
  readonly vocabulary: number;
  readonly mels: number;
}

const networks: Readonly<Record<ModelSize, Network>> = {
  tiny: { parametersMillions: 39, state: 384, layers: [4, 4], vocabulary: 51_865, mels: 80 },
  'tiny.en': { parametersMillions: 39, state: 384, layers: [4, 4], vocabulary: 51_864, mels: 80 },
  base: { parametersMillions: 74, state: 512, layers: [6, 6], vocabulary: 51_865, mels: 80 },
  'base.en': { parametersMillions: 74, state: 512, layers: [6, 6], vocabulary: 51_864, mels: 80 },
  small: { parametersMillions: 244, state: 768, layers: [12, 12], vocabulary: 51_865, mels: 80 },
  'small.en': { parametersMillions: 244, state: 768, layers: [12, 12], vocabulary: 51_864, mels: 80 },
  medium: { parametersMillions: 769, state: 1024, layers: [24, 24], vocabulary: 51_865, mels: 80 },
  'medium.en': { parametersMillions: 769, state: 1024, layers: [24, 24], vocabulary: 51_864, mels: 80 },
  'large-v3-turbo': { parametersMillions: 809, state: 1280, layers: [32, 4], vocabulary: 51_866, mels: 128 },
  'large-v1': { parametersMillions: 1550, state: 1280, layers: [32, 32], vocabulary: 51_865, mels: 80 },
  'large-v2': { parametersMillions: 1550, state: 1280, layers: [32, 32], vocabulary: 51_865, mels: 80 },
  'large-v3': { parametersMillions: 1550, state: 1280, layers: [32, 32], vocabulary: 51_866, mels: 128 },
};

/** Every model that OpenAI published, smallest first; of the same size, the better one last. */
export const catalog: readonly CatalogModel[] = (Object.keys(networks) as ModelSize[]).map((name) => {
  const dimensions = dimensionsOf(networks[name]);
  return {
    name,
    languages: isMultilingual(dimensions) ? 'multilingual' : 'en',
    parametersMillions: networks[name].parametersMillions,
    dimensions,
    files: publishedFiles[name].map((file) => catalogVariant(name, file)),
  };
});

/** Silero's voice activity network, which cuts speech at pauses. */
export const vadFile: CatalogFile = {
  fileName: 'ggml-silero-v6.2.0.bin',
  sizeBytes: 885_098,
  sha256: '2aa269b785eeb53a82983a20501ddf7c1d9c48e33ab63a41391ac6c9f7fb6987',
};

/** The name under which whisper.cpp's tools publish a model in a variant. */
export function fileNameOf(name: string, variant: Variant): string {
  return variant === 'f16' ? `ggml-${name}.bin` : `ggml-${name}-${variant}.bin`;
}

/** The file that the hub has of a model in a variant. */
export function publishedFile(name: string, variant: Variant): CatalogVariant | undefined {
  return catalog.find((model) => model.name === name)?.files.find((file) => file.variant === variant);
}

/** The catalog's entry for a file of this name and size: the hash that it must have. */
export function catalogFile(fileName: string, sizeBytes: number): CatalogFile | undefined {
  const files: readonly CatalogFile[] = [...catalog.flatMap((model) => model.files), vadFile];
  return files.find((file) => file.fileName === fileName && file.sizeBytes === sizeBytes);
}

function catalogVariant(name: string, [variant, sizeBytes, sha256]: PublishedFile): CatalogVariant {
  const fileName = fileNameOf(name, variant);
  const file = { variant, fileName, sizeBytes, sha256 };
  const embedded = embeddedSha256[fileName];
  return embedded === undefined ? file : { ...file, alsoSha256: [embedded] };
}

function dimensionsOf({ state, layers, vocabulary, mels }: Network): Dimensions {
  const heads = state / 64;
  const [audioLayers, textLayers] = layers;
  const encoder = { audioContext: 1500, audioState: state, audioHeads: heads, audioLayers, mels };
  return { vocabulary, ...encoder, textContext: 448, textState: state, textHeads: heads, textLayers };
}
