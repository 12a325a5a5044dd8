import { type ExpectedTensor, expectedTensors } from '../architecture.js';
import { type Dimensions, readDimensions } from '../dimensions.js';
import { corrupt, unsupported } from '../refusal.js';
import { layoutOf } from '../variant.js';
import type { TensorConversion } from './conversion.js';
import type { Variable } from './ctranslate2-reader.js';
import { type TensorSource, tensorSources } from './ctranslate2-tensors.js';
import { formatOf } from './number-format.js';
import type { StoredRows } from './stored-rows.js';

/** Numbers that make an attention head, in every Whisper. */
const headElements = 64;

/** The arrays of a `model.bin` as the tensors of a Whisper network. */
export class CTranslate2Weights {
  readonly dimensions: Dimensions;
  readonly #path: string;
  readonly #variables: ReadonlyMap<string, Variable>;
  readonly #used = new Set<Variable>();

  /** @throws EngineError `MODEL_CORRUPT` when no published network has the shapes of these arrays */
  constructor(path: string, variables: ReadonlyMap<string, Variable>) {
    this.#path = path;
    this.#variables = variables;
    const [vocabulary = 0, textState = 0] = this.#find('decoder/embeddings/weight').shape;
    const [audioContext = 0, audioState = 0] = this.#find('encoder/position_encodings/encodings').shape;
    const [textContext = 0] = this.#find('decoder/position_encodings/encodings').shape;
    const [, mels = 0] = this.#find('encoder/conv1/weight').shape;
    const encoder = [audioContext, audioState, audioState / headElements, this.#layers('encoder')];
    const decoder = [textContext, textState, textState / headElements, this.#layers('decoder')];
    const { fileTypeId } = layoutOf('f16');
    this.dimensions = readDimensions(path, [vocabulary, ...encoder, ...decoder, mels, fileTypeId]).dimensions;
  }

  /**
   * Where each tensor lies, in the order of a ggml file.
   * @throws EngineError `MODEL_CORRUPT` for one that is missing or has another shape, `MODEL_UNSUPPORTED` for one that
   * whisper.cpp has no place for
   */
  tensors(): readonly TensorConversion[] {
    const expected = expectedTensors(this.dimensions, 'f16');
    const tensors = tensorSources(this.dimensions).flatMap((source) => {
      const tensor = expected.get(source.tensor);
      return tensor ? [{ tensor, stored: this.#stored(source, tensor) }] : [];
    });
    for (const variable of this.#variables.values()) {
      if (variable.shape.length === 0 || this.#used.has(variable)) continue;
      const advice = 'Only models with the architecture that OpenAI published can be imported.';
      throw unsupported(this.#path, `holds the tensor ${variable.name}, which whisper.cpp has no place for`, advice);
    }
    return tensors;
  }

  #stored({ part: [part, parts], variable: name }: TensorSource, tensor: ExpectedTensor): StoredRows {
    // ggml counts the fastest dimension first, and makes columns of the biases of convolutions.
    const [rows = 1, ...row] = tensor.shape.filter((dimension) => dimension > 1).reverse();
    const rowElements = row.reduce((product, dimension) => product * dimension, 1);
    const variable = this.#find(name, [rows * parts, ...row]);
    const { format, offsetBytes } = variable;
    if (format === 'i16' || format === 'i32') {
      const advice = 'Convert the model again, as float16 or int8.';
      throw unsupported(this.#path, `holds the tensor ${variable.name} as whole numbers of type ${format}`, advice);
    }
    const ofPart = (elements: number, bytes: number) => part * elements * bytes;
    const stored = {
      name: variable.name,
      format,
      offsetBytes: offsetBytes + ofPart(rows * rowElements, formatOf(format).bytes),
      rows,
      rowElements,
    };
    if (format !== 'i8') return stored;
    const scale = this.#find(`${variable.name}_scale`, [rows * parts]);
    if (scale.format !== 'f32') throw corrupt(this.#path, `the tensor ${scale.name} is not stored as f32`);
    const scaleOffsetBytes = scale.offsetBytes + ofPart(rows, formatOf('f32').bytes);
    const scales = { name: scale.name, format: 'f32', offsetBytes: scaleOffsetBytes, rows, rowElements: 1 } as const;
    return { ...stored, scales };
  }

  #find(name: string, shape?: readonly number[]): Variable {
    const variable = this.#variables.get(name);
    if (!variable) throw corrupt(this.#path, `the tensor ${name} is missing`);
    const [found, expected] = [variable.shape.join('×'), shape?.join('×')];
    if (expected !== undefined && found !== expected) {
      throw corrupt(this.#path, `the tensor ${name} has the shape ${found}, where ${expected} is expected`);
    }
    this.#used.add(variable);
    return variable;
  }

  /** One more than the highest number of a layer, so that a missing one is missed by its name. */
  #layers(stack: 'encoder' | 'decoder'): number {
    const prefix = `${stack}/layer_`;
    const layers = [...this.#variables.keys()]
      .filter((name) => name.startsWith(prefix))
      .map((name) => Number.parseInt(name.slice(prefix.length), 10));
    return 1 + Math.max(-1, ...layers.filter(Number.isInteger));
  }
}
