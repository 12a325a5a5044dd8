/** The most samples that a frame of FLAC can hold. */
const samplesPerFrame = 65_535;

export interface SilentFlac {
  readonly hours: number;
  /** Up to 655,350 Hz, and as few as 1. */
  readonly sampleRate: number;
}

/** Silence as FLAC, of one constant a frame: an hour at 16 kHz takes 12 KB. */
export function silentFlac({ hours, sampleRate }: SilentFlac): Buffer {
  const frameCount = Math.ceil((hours * 3600 * sampleRate) / samplesPerFrame);
  const frames = Array.from({ length: frameCount }, (_, index) => frame(index));
  return Buffer.concat([streamInfo(sampleRate, frameCount * samplesPerFrame), ...frames]);
}

function streamInfo(sampleRate: number, totalSamples: number): Buffer {
  const bytes = Buffer.alloc(42);
  bytes.write('fLaC');
  // The last block of metadata, of type 0 and 34 bytes.
  bytes.writeUInt32BE(0x80_00_00_22, 4);
  bytes.writeUInt16BE(samplesPerFrame, 8);
  bytes.writeUInt16BE(samplesPerFrame, 10);
  // 20 bits of sample rate, 3 of channels - 1, 5 of bits a sample - 1, 36 of samples.
  bytes.writeBigUInt64BE((BigInt(sampleRate) << 44n) | (15n << 36n) | BigInt(totalSamples), 18);
  return bytes;
}

function frame(index: number): Buffer {
  const header = [
    0xff,
    0xf8,
    0x70,
    0x08,
    ...codedNumber(index),
    (samplesPerFrame - 1) >> 8,
    (samplesPerFrame - 1) & 255,
  ];
  const bytes = [...header, crc(header, 8, 0x07), 0, 0, 0];
  const check = crc(bytes, 16, 0x8005);
  return Buffer.from([...bytes, check >> 8, check & 255]);
}

/** As UTF-8 codes a character, of any number. */
function codedNumber(value: number): number[] {
  if (value < 0x80) return [value];
  if (value < 0x800) return [0xc0 | (value >> 6), 0x80 | (value & 63)];
  return [0xe0 | (value >> 12), 0x80 | ((value >> 6) & 63), 0x80 | (value & 63)];
}

function crc(bytes: readonly number[], width: 8 | 16, polynomial: number): number {
  let remainder = 0;
  for (const byte of bytes) {
    remainder ^= byte << (width - 8);
    for (let bit = 0; bit < 8; bit += 1) {
      remainder = remainder & (1 << (width - 1)) ? (remainder << 1) ^ polynomial : remainder << 1;
    }
    remainder &= (1 << width) - 1;
  }
  return remainder;
}
