const sampleRate = 16_000;
const blockSamples = 65_535;

/** Hours of digital silence in a few kilobytes: what a zip bomb is in audio. A frame of 4 s takes 14 bytes or so. */
export function silentFlac(seconds: number): Buffer {
  const samples = Math.round(seconds * sampleRate);
  const frames = Math.ceil(samples / blockSamples);
  const parts = [streamInfo(frames * blockSamples)];
  for (let frame = 0; frame < frames; frame += 1) parts.push(silentFrame(frame));
  return Buffer.concat(parts);
}

function streamInfo(samples: number): Buffer {
  const bytes = Buffer.alloc(42);
  bytes.write('fLaC');
  bytes.writeUInt32BE(0x80_00_00_22, 4); // the last block of metadata, of 34 bytes
  bytes.writeUInt16BE(blockSamples, 8);
  bytes.writeUInt16BE(blockSamples, 10);
  // 20 bits of rate, 3 of channels − 1, 5 of bits − 1, 36 of samples
  bytes.writeBigUInt64BE((BigInt(sampleRate) << 44n) | (15n << 36n) | BigInt(samples), 18);
  return bytes;
}

/** One channel of 16 bits that is 0 all the time. */
function silentFrame(number: number): Buffer {
  const header = Buffer.from([
    0xff,
    0xf8,
    0x75,
    0x08,
    ...coded(number),
    (blockSamples - 1) >> 8,
    (blockSamples - 1) & 255,
  ]);
  const frame = Buffer.concat([header, Buffer.from([crc(header, 8, 0x07), 0, 0, 0])]);
  const end = Buffer.alloc(2);
  end.writeUInt16BE(crc(frame, 16, 0x80_05));
  return Buffer.concat([frame, end]);
}

/** As UTF-8 would write it. */
function coded(number: number): Buffer {
  return Buffer.from(String.fromCodePoint(number));
}

function crc(bytes: Buffer, bits: 8 | 16, polynomial: number): number {
  const top = 1 << (bits - 1);
  const mask = 2 ** bits - 1;
  let value = 0;
  for (const byte of bytes) {
    value ^= byte << (bits - 8);
    for (let bit = 0; bit < 8; bit += 1) value = ((value & top) === 0 ? value << 1 : (value << 1) ^ polynomial) & mask;
  }
  return value;
}
