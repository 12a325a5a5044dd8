import type { Variant } from './variant.js';

/** One file of a model that this engine knows to the byte. */
export interface CatalogFile {
  readonly fileName: string;
  readonly sizeBytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

export interface CatalogVariant extends CatalogFile {
  readonly variant: Variant;
}

export interface CatalogModel {
  readonly name: string;
  readonly languages: 'en' | 'multilingual';
  /** The files that can be verified by hash. Others of this model are checked by their structure. */
  readonly files: readonly CatalogVariant[];
}

/** Every model that OpenAI published, smallest first. */
export const catalog: readonly CatalogModel[] = [
  { name: 'tiny', languages: 'multilingual', files: [] },
  {
    name: 'tiny.en',
    languages: 'en',
    files: [
      {
        variant: 'q8_0',
        fileName: 'ggml-tiny.en-q8_0.bin',
        sizeBytes: 43_550_795,
        sha256: 'c4416dc639b0f414f27abb8193d5c702fd2dc042b1358c442b87ec3389597559',
      },
    ],
  },
  {
    name: 'base',
    languages: 'multilingual',
    files: [
      {
        variant: 'q8_0',
        fileName: 'ggml-base-q8_0.bin',
        sizeBytes: 81_768_585,
        sha256: 'ddfc5dd7417e261e48194b41dbf7a58ae210c606d7e7250f3c601d67acf879fc',
      },
    ],
  },
  { name: 'base.en', languages: 'en', files: [] },
  { name: 'small', languages: 'multilingual', files: [] },
  { name: 'small.en', languages: 'en', files: [] },
  { name: 'medium', languages: 'multilingual', files: [] },
  { name: 'medium.en', languages: 'en', files: [] },
  { name: 'large-v1', languages: 'multilingual', files: [] },
  { name: 'large-v2', languages: 'multilingual', files: [] },
  { name: 'large-v3', languages: 'multilingual', files: [] },
  { name: 'large-v3-turbo', languages: 'multilingual', files: [] },
];

/** Silero's voice activity network, which cuts speech at pauses. */
export const vadFile: CatalogFile = {
  fileName: 'ggml-silero-v6.2.0.bin',
  sizeBytes: 885_098,
  sha256: '2aa269b785eeb53a82983a20501ddf7c1d9c48e33ab63a41391ac6c9f7fb6987',
};

/** Which variant of a model is taken when a folder holds several: q8_0 is as accurate as f16, no slower, and half the size. */
const preferredVariants: readonly Variant[] = ['q8_0', 'f16', 'q5_1', 'q5_0', 'q4_0'];

/** The names under which whisper.cpp's tools publish the files of a model, best first. */
export function fileNames(name: string): readonly string[] {
  return preferredVariants.map((variant) => (variant === 'f16' ? `ggml-${name}.bin` : `ggml-${name}-${variant}.bin`));
}

/** The catalog's entry for a file of this name and size: the hash that it must have. */
export function catalogFile(fileName: string, sizeBytes: number): CatalogFile | undefined {
  const files: readonly CatalogFile[] = [...catalog.flatMap((model) => model.files), vadFile];
  return files.find((file) => file.fileName === fileName && file.sizeBytes === sizeBytes);
}
