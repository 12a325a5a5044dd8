import { basename, dirname, resolve } from 'node:path';
import { EngineError } from '../../errors.js';
import { expectedTensors } from '../architecture.js';
import { type FileIdentity, identifyFile } from '../file-identity.js';
import { type GgmlFile, readGgmlFile } from '../ggml-file.js';
import { unsupported } from '../refusal.js';
import { type ConversionOptions, type ConvertedModel, convert, type TensorConversion } from './conversion.js';
import { ggmlHeader } from './ggml-writer.js';
import { WeightFile } from './weight-file.js';

/** The variants that ggml's quantiser makes without an importance matrix, for networks of any width. */
const quantisedVariants = ['q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0'] as const;

export type QuantisedVariant = (typeof quantisedVariants)[number];

export interface QuantizeOptions extends ConversionOptions {
  /** The folder that the file is written to. It must exist. @defaultValue the folder of the source */
  readonly into?: string | undefined;
  /** What the model is called from now on. @defaultValue what the source is called: `base` for `ggml-base.bin` */
  readonly name?: string | undefined;
}

/**
 * Makes a ggml file with quantised weights of one in f16 or f32, tensor for tensor as the quantiser of whisper.cpp
 * does. `ggml-base.bin` becomes `ggml-base-q8_0.bin`.
 * @throws EngineError `MODEL_MISSING`, `MODEL_TRUNCATED`, `MODEL_CORRUPT`, `MODEL_UNSUPPORTED` when the source is
 * quantised already, `OPTION_INVALID`, `DISK_FULL`, `MODEL_STORE_UNWRITABLE`, `ABORTED`; nothing is left behind
 */
export async function quantizeModel(
  sourcePath: string,
  variant: QuantisedVariant,
  options: QuantizeOptions = {},
): Promise<ConvertedModel> {
  if (!quantisedVariants.includes(variant)) {
    const known = quantisedVariants.join(', ');
    throw new EngineError('OPTION_INVALID', `\`variant\` is '${variant}'; it must be one of ${known}.`);
  }
  const source = await identifyFile(resolve(sourcePath));
  const ggml = await readGgmlFile(source, options.signal);
  const tensors = tensorsOf(source, ggml, variant);
  const head = Buffer.concat([ggmlHeader(ggml.dimensions, variant), await readFrontEnd(source, ggml)]);

  const name = options.name ?? basename(sourcePath).replace(/^ggml-|(-f16|-f32)?\.bin$/g, '');
  const into = options.into ?? dirname(sourcePath);
  return convert({ source, name, variant, into, head, tensors }, options);
}

function tensorsOf(source: FileIdentity, ggml: GgmlFile, variant: QuantisedVariant): readonly TensorConversion[] {
  const expected = expectedTensors(ggml.dimensions, variant);
  return ggml.tensors.flatMap(({ name, offsetBytes, shape, variant: format }) => {
    if (format !== 'f16' && format !== 'f32') {
      const advice = 'Quantising twice loses twice: take the f16 file of the model.';
      throw unsupported(source.path, `holds ${ggml.variant} weights, which are quantised already`, advice);
    }
    const tensor = expected.get(name);
    const rowElements = shape[0] ?? 1;
    const rows = shape.slice(1).reduce((product, dimension) => product * dimension, 1);
    return tensor ? [{ tensor, stored: { name, format, offsetBytes, rows, rowElements } }] : [];
  });
}

/** The mel filters and the vocabulary stay as they are. */
async function readFrontEnd(source: FileIdentity, { melFiltersOffsetBytes, tensors }: GgmlFile): Promise<Buffer> {
  const end = tensors[0]?.headerOffsetBytes ?? melFiltersOffsetBytes;
  const bytes = Buffer.alloc(end - melFiltersOffsetBytes);
  const file = await WeightFile.open(source);
  try {
    await file.read(bytes, melFiltersOffsetBytes, 'its vocabulary');
    return bytes;
  } finally {
    await file.close();
  }
}
