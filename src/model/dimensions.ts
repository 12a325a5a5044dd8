import { corrupt, unsupported } from './refusal.js';
import { fileTypeFrom, layoutOf, type Variant } from './variant.js';

/** The size of a Whisper network, as its file's header gives it. */
export interface Dimensions {
  /** Tokens: 51864 English only, 51865 with 99 languages, 51866 with 100. */
  readonly vocabulary: number;
  /** Encoder frames of 20 ms. */
  readonly audioContext: number;
  readonly audioState: number;
  readonly audioHeads: number;
  readonly audioLayers: number;
  /** Tokens of prompt and text together. */
  readonly textContext: number;
  readonly textState: number;
  readonly textHeads: number;
  readonly textLayers: number;
  /** Mel bands. */
  readonly mels: number;
}

/** A published width and depth. Distilled and turbo models keep the encoder and drop decoder layers. */
interface Size {
  readonly name: string;
  readonly state: number;
  readonly heads: number;
  readonly layers: number;
}

export const sizes: readonly Size[] = [
  { name: 'tiny', state: 384, heads: 6, layers: 4 },
  { name: 'base', state: 512, heads: 8, layers: 6 },
  { name: 'small', state: 768, heads: 12, layers: 12 },
  { name: 'medium', state: 1024, heads: 16, layers: 24 },
  { name: 'large', state: 1280, heads: 20, layers: 32 },
];

export const englishVocabulary = 51_864;
const vocabularies = [englishVocabulary, 51_865, 51_866];
const states = sizes.map((size) => size.state);
const heads = sizes.map((size) => size.heads);
const layers = sizes.map((size) => size.layers);
/** A distilled decoder may have any number of layers up to the encoder's; 1, 2, 4, 8 and 16 are published. */
const decoderLayers = Array.from({ length: Math.max(...layers) }, (_, index) => index + 1);

/** The header's fields in file order, by their upstream names, with every value that a published model has. */
const fields: readonly { readonly name: string; readonly of: keyof Dimensions; readonly allowed: readonly number[] }[] =
  [
    { name: 'n_vocab', of: 'vocabulary', allowed: vocabularies },
    { name: 'n_audio_ctx', of: 'audioContext', allowed: [1500] },
    { name: 'n_audio_state', of: 'audioState', allowed: states },
    { name: 'n_audio_head', of: 'audioHeads', allowed: heads },
    { name: 'n_audio_layer', of: 'audioLayers', allowed: layers },
    { name: 'n_text_ctx', of: 'textContext', allowed: [448] },
    { name: 'n_text_state', of: 'textState', allowed: states },
    { name: 'n_text_head', of: 'textHeads', allowed: heads },
    { name: 'n_text_layer', of: 'textLayers', allowed: decoderLayers },
    { name: 'n_mels', of: 'mels', allowed: [80, 128] },
  ];

/** Integers in the header: the dimensions, then `ftype`. */
export const headerFields = fields.length + 1;

/**
 * The dimensions and the variant that a header's integers stand for.
 * @throws EngineError `MODEL_CORRUPT` or `MODEL_UNSUPPORTED`
 */
export function readDimensions(
  path: string,
  header: readonly number[],
): { readonly dimensions: Dimensions; readonly variant: Variant } {
  const [vocabulary = 0, audioContext = 0, audioState = 0, audioHeads = 0, audioLayers = 0] = header;
  const [textContext = 0, textState = 0, textHeads = 0, textLayers = 0, mels = 0, ftype = -1] = header.slice(5);
  const encoder = { audioContext, audioState, audioHeads, audioLayers, mels };
  const dimensions = { vocabulary, ...encoder, textContext, textState, textHeads, textLayers };
  const wrong = fields.filter((field) => !field.allowed.includes(dimensions[field.of]));
  // One field out of place is damage; most of them is a file of some other network.
  if (wrong.length > fields.length / 2) {
    throw unsupported(
      path,
      'is a ggml file of another network, not of Whisper',
      'Give a Whisper model in ggml format, such as ggml-base-q8_0.bin.',
    );
  }
  const first = wrong[0];
  if (first) throw outOfBounds(path, first.name, dimensions[first.of], boundsInWords(first.allowed));
  checkProportions(path, dimensions);
  return { dimensions, variant: readVariant(path, ftype, dimensions) };
}

function checkProportions(path: string, dimensions: Dimensions): void {
  const { audioState, audioHeads, audioLayers, textState, textHeads, textLayers } = dimensions;
  const beside = `beside n_audio_state = ${audioState}`;
  const width = sizes.find((size) => size.state === audioState) ?? { heads: 0, layers: 0 };
  if (audioHeads !== width.heads) throw outOfBounds(path, 'n_audio_head', audioHeads, `${width.heads} ${beside}`);
  if (audioLayers !== width.layers) throw outOfBounds(path, 'n_audio_layer', audioLayers, `${width.layers} ${beside}`);
  if (textState !== audioState) throw outOfBounds(path, 'n_text_state', textState, `${audioState} ${beside}`);
  if (textHeads !== audioHeads) throw outOfBounds(path, 'n_text_head', textHeads, `${audioHeads} ${beside}`);
  if (textLayers > audioLayers) throw outOfBounds(path, 'n_text_layer', textLayers, `1 to ${audioLayers} ${beside}`);
}

function readVariant(path: string, ftype: number, dimensions: Dimensions): Variant {
  const fileType = fileTypeFrom(ftype);
  switch (fileType.kind) {
    case 'variant': {
      const { blockElements } = layoutOf(fileType.variant);
      if (dimensions.audioState % blockElements === 0) return fileType.variant;
      throw outOfBounds(
        path,
        'ftype',
        ftype,
        `a variant whose blocks of ${blockElements} fill ${dimensions.audioState} values`,
      );
    }
    case 'outdated':
      throw unsupported(
        path,
        `holds ${fileType.variant} weights in layout ${fileType.layoutVersion}, which whisper.cpp no longer reads`,
        'Quantise the model again, or download it again.',
      );
    case 'foreign':
      throw unsupported(
        path,
        `holds weights of a type that Whisper is not published in (ftype = ${ftype})`,
        'Use one of the variants f16, q8_0, q5_1, q5_0 or q4_0.',
      );
    case 'nonsense':
      throw outOfBounds(path, 'ftype', ftype, 'a ggml file type');
    default:
      return fileType satisfies never;
  }
}

function boundsInWords(allowed: readonly number[]): string {
  return allowed === decoderLayers ? `1 to ${allowed.length}` : allowed.join(' or ');
}

function outOfBounds(path: string, name: string, value: number, bounds: string) {
  return corrupt(path, `its header says ${name} = ${value}, where ${bounds} is expected`);
}
