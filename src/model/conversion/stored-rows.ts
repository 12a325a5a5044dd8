import { loadAddon } from '../../provider/addon.js';
import { asEngineError } from '../../provider/native-call.js';
import { corrupt } from '../refusal.js';
import type { Variant } from '../variant.js';
import { formatOf, type NumberFormat } from './number-format.js';
import type { WeightFile } from './weight-file.js';

/** Where the rows of a tensor lie in a file. */
export interface StoredRows {
  /** What the file calls it. */
  readonly name: string;
  readonly format: NumberFormat;
  readonly offsetBytes: number;
  readonly rows: number;
  readonly rowElements: number;
  /** What each row was multiplied by before it was rounded, one value a row. */
  readonly scales?: StoredRows | undefined;
}

/** Converted between two turns of the event loop: less than a millisecond, whatever the formats. */
const sliceElements = 64 * 1024;
/** The largest number that an f16 holds. Every variant but f32 has one in it. */
const largestValue = 65_504;

/**
 * The rows as they are stored in `variant`, a slice at a time. A slice is only good until the next one is asked for.
 * @throws EngineError `MODEL_TRUNCATED`, `MODEL_CORRUPT` for a value that is no number or larger than an f16 holds
 */
export async function* convertRows(file: WeightFile, stored: StoredRows, variant: Variant): AsyncGenerator<Uint8Array> {
  for await (const values of readRows(file, stored)) {
    yield variant === 'f32'
      ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
      : asEngineError('INTERNAL', () => loadAddon().quantizeRows(variant, values, stored.rowElements));
  }
}

async function* readRows(file: WeightFile, stored: StoredRows): AsyncGenerator<Float32Array> {
  const { format, name, offsetBytes, rowElements, rows } = stored;
  const { bytes, read } = formatOf(format);
  const scales = stored.scales && (await readValues(file, stored.scales));
  const rowsAtOnce = Math.min(rows, Math.max(1, Math.floor(sliceElements / rowElements)));
  const buffer = Buffer.alloc(rowsAtOnce * rowElements * bytes);
  const room = new Float32Array(rowsAtOnce * rowElements);
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - row) * rowElements;
    const slice = buffer.subarray(0, count * bytes);
    await file.read(slice, offsetBytes + row * rowElements * bytes, name);
    const values = room.subarray(0, count);
    read(slice, values);
    if (scales) divideRows(values, rowElements, scales.subarray(row));
    if (!areWeights(values)) {
      const what = 'a value that is no number, or is larger than any weight';
      throw corrupt(file.identity.path, `the tensor ${name} holds ${what}`);
    }
    yield values;
  }
}

async function readValues(file: WeightFile, stored: StoredRows): Promise<Float32Array> {
  const values = new Float32Array(stored.rows * stored.rowElements);
  let filled = 0;
  for await (const slice of readRows(file, stored)) {
    values.set(slice, filled);
    filled += slice.length;
  }
  return values;
}

/** By index: `every` and the iterator of an array take ten times as long. */
function areWeights(values: Float32Array): boolean {
  let index = 0;
  while (index < values.length && Math.abs(values[index] ?? 0) <= largestValue) index += 1;
  return index === values.length;
}

function divideRows(values: Float32Array, rowElements: number, scales: Float32Array): void {
  for (let index = 0; index < values.length; index += 1) {
    values[index] = (values[index] ?? 0) / (scales[Math.floor(index / rowElements)] ?? 1);
  }
}
