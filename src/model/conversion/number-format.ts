import { readHalves } from './half-float.js';

/** How a number of a weight is stored in the files that are converted. */
export type NumberFormat = keyof typeof formats;

interface FormatReader {
  readonly bytes: number;
  /** Fills `into` from its beginning. `stored` begins at a multiple of four bytes. */
  readonly read: (stored: Uint8Array, into: Float32Array) => void;
}

/** Little-endian, as in the files: ggml runs on no other machine. */
const formats = {
  f32: { bytes: 4, read: (stored, into) => into.set(view(Float32Array, stored)) },
  f16: { bytes: 2, read: (stored, into) => readHalves(view(Uint16Array, stored), into) },
  bf16: { bytes: 2, read: readUpperHalves },
  i8: { bytes: 1, read: (stored, into) => into.set(view(Int8Array, stored)) },
} satisfies Record<string, FormatReader>;

export function formatOf(format: NumberFormat): FormatReader {
  return formats[format];
}

/** A bf16 is the upper half of an f32. */
function readUpperHalves(stored: Uint8Array, into: Float32Array): void {
  const halves = view(Uint16Array, stored);
  const words = new Uint32Array(into.buffer, into.byteOffset, halves.length);
  for (let index = 0; index < halves.length; index += 1) words[index] = (halves[index] ?? 0) << 16;
}

function view<T>(
  array: { new (buffer: ArrayBufferLike, offset: number, length: number): T; readonly BYTES_PER_ELEMENT: number },
  { buffer, byteOffset, byteLength }: Uint8Array,
): T {
  return new array(buffer, byteOffset, byteLength / array.BYTES_PER_ELEMENT);
}
