/** How one kind of weight is stored: ggml groups `blockElements` values of a row into `blockBytes`. */
export interface WeightLayout {
  /** The number of the type in a tensor's header. */
  readonly typeId: number;
  readonly blockElements: number;
  readonly blockBytes: number;
}

interface VariantLayout extends WeightLayout {
  /** The number of the variant in the file's header, without the quantisation version. */
  readonly fileTypeId: number;
  /** Versions of the quantised layout that today's ggml still reads right. */
  readonly layoutVersions: readonly number[];
}

const unversioned = [0];
// Version 2 halved the block scale of q4_0, q4_1 and q8_0. The published q5 files still say 1, and are the same.
const current = [2];
const currentOrOlder = [1, 2];

/** Every weight format that whisper.cpp's converters and its quantiser write. */
const layouts = {
  f32: { fileTypeId: 0, typeId: 0, blockElements: 1, blockBytes: 4, layoutVersions: unversioned },
  f16: { fileTypeId: 1, typeId: 1, blockElements: 1, blockBytes: 2, layoutVersions: unversioned },
  q4_0: { fileTypeId: 2, typeId: 2, blockElements: 32, blockBytes: 18, layoutVersions: current },
  q4_1: { fileTypeId: 3, typeId: 3, blockElements: 32, blockBytes: 20, layoutVersions: current },
  q5_0: { fileTypeId: 8, typeId: 6, blockElements: 32, blockBytes: 22, layoutVersions: currentOrOlder },
  q5_1: { fileTypeId: 9, typeId: 7, blockElements: 32, blockBytes: 24, layoutVersions: currentOrOlder },
  q8_0: { fileTypeId: 7, typeId: 8, blockElements: 32, blockBytes: 34, layoutVersions: current },
  q2_k: { fileTypeId: 10, typeId: 10, blockElements: 256, blockBytes: 84, layoutVersions: current },
  q3_k: { fileTypeId: 11, typeId: 11, blockElements: 256, blockBytes: 110, layoutVersions: current },
  q4_k: { fileTypeId: 12, typeId: 12, blockElements: 256, blockBytes: 144, layoutVersions: current },
  q5_k: { fileTypeId: 13, typeId: 13, blockElements: 256, blockBytes: 176, layoutVersions: current },
  q6_k: { fileTypeId: 14, typeId: 14, blockElements: 256, blockBytes: 210, layoutVersions: current },
} as const satisfies Record<string, VariantLayout>;

/** The quantisation of a model's weights. */
export type Variant = keyof typeof layouts;

const variants = Object.keys(layouts) as readonly Variant[];

export function layoutOf(variant: Variant): VariantLayout {
  return layouts[variant];
}

/** The variant with this weight type in its tensors' headers, if there is one. */
export function variantOfTensorType(typeId: number): Variant | undefined {
  return variants.find((variant) => layouts[variant].typeId === typeId);
}

/** Bytes of a tensor with this shape, whose first dimension must be whole blocks. */
export function tensorBytes(layout: WeightLayout, shape: readonly number[]): number {
  const elements = shape.reduce((product, dimension) => product * dimension, 1);
  return (elements / layout.blockElements) * layout.blockBytes;
}

/** What the header's `ftype` says: the variant, an old or foreign quantisation, or nonsense. */
export type FileType =
  | { readonly kind: 'variant'; readonly variant: Variant }
  | { readonly kind: 'outdated'; readonly variant: Variant; readonly layoutVersion: number }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'nonsense' };

/** ggml puts the version of the quantised layout in front of the file type: 2007 is q8_0 in layout 2. */
const layoutVersionFactor = 1000;
/** The highest file type ggml gives a number to; whisper.cpp's tools write only those in the table above. */
const highestFileTypeId = 27;

export function fileTypeFrom(ftype: number): FileType {
  if (ftype < 0) return { kind: 'nonsense' };
  const fileTypeId = ftype % layoutVersionFactor;
  const layoutVersion = Math.floor(ftype / layoutVersionFactor);
  if (layoutVersion > Math.max(...current) || fileTypeId > highestFileTypeId) return { kind: 'nonsense' };
  const variant = variants.find((candidate) => layouts[candidate].fileTypeId === fileTypeId);
  if (variant === undefined) return { kind: 'foreign' };
  if (layoutOf(variant).layoutVersions.includes(layoutVersion)) return { kind: 'variant', variant };
  return layoutVersion < Math.max(...layoutOf(variant).layoutVersions)
    ? { kind: 'outdated', variant, layoutVersion }
    : { kind: 'nonsense' };
}
