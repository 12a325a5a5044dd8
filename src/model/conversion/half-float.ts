let table: Float32Array | undefined;

/** The values of IEEE 754 half-precision numbers, from the beginning of `into`. */
export function readHalves(halves: Uint16Array, into: Float32Array): void {
  table ??= Float32Array.from({ length: 65_536 }, (_, bits) => halfValue(bits));
  for (let index = 0; index < halves.length; index += 1) into[index] = table[halves[index] ?? 0] ?? 0;
}

function halfValue(bits: number): number {
  const sign = bits & 0x80_00 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3_ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
