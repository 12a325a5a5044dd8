export const WAV_HEADER_BYTES = 44;

/**
 * What goes before so many bytes of 16-bit samples of one channel at 16 kHz.
 *
 * @param {number} audioBytes
 * @returns {Buffer}
 */
export function wavHeader(audioBytes) {
  const header = Buffer.alloc(WAV_HEADER_BYTES);
  header.write('RIFF', 0);
  header.writeUInt32LE(WAV_HEADER_BYTES - 8 + audioBytes, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(16_000, 24);
  header.writeUInt32LE(32_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(audioBytes, 40);
  return header;
}
