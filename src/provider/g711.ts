/** The two telephone codes of ITU-T G.711, as tables from a byte to a 16-bit sample. */

const muLawBias = 0x84;

/** Sign, three bits of exponent, four of mantissa, all inverted on the line. */
function fromMuLaw(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 0x0f) << 3) + muLawBias) << ((code & 0x70) >> 4)) - muLawBias;
  return code & 0x80 ? -magnitude : magnitude;
}

/** Every other bit is inverted on the line; the first two of eight segments have the same step. */
function fromALaw(byte: number): number {
  const code = byte ^ 0x55;
  const segment = (code & 0x70) >> 4;
  const steps = ((code & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? steps : (steps + 0x100) << (segment - 1);
  return code & 0x80 ? magnitude : -magnitude;
}

function tableOf(decode: (byte: number) => number): Int16Array {
  return Int16Array.from({ length: 256 }, (_, byte) => decode(byte));
}

const tables = { mulaw: tableOf(fromMuLaw), alaw: tableOf(fromALaw) };

/** 16-bit samples of G.711 bytes. */
export function decodeG711(encoding: 'mulaw' | 'alaw', bytes: Uint8Array): Int16Array {
  const table = tables[encoding];
  const samples = new Int16Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) samples[at] = table[bytes[at] ?? 0] ?? 0;
  return samples;
}
