import { EngineError } from '../errors.js';

/** The id of the source (4 bytes) and the place of the first byte in it (8 bytes), both little-endian. */
const headerBytes = 12;

/** A piece of a source's audio, as it goes in a binary frame. */
export interface AudioFrame {
  readonly sourceId: number;
  /** Place of the first byte among all bytes of the source. */
  readonly fromByte: number;
  readonly audio: Uint8Array;
}

export function encodeAudioFrame({ sourceId, fromByte, audio }: AudioFrame): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(headerBytes + audio.length);
  const header = new DataView(bytes.buffer);
  header.setUint32(0, sourceId, true);
  header.setBigUint64(4, BigInt(fromByte), true);
  bytes.set(audio, headerBytes);
  return bytes;
}

/** The audio is a view of `bytes`. @throws EngineError `PROTOCOL_BROKEN` */
export function decodeAudioFrame(bytes: Uint8Array): AudioFrame {
  if (bytes.length < headerBytes) {
    throw new EngineError(
      'PROTOCOL_BROKEN',
      `A binary frame has ${bytes.length} bytes; it begins with ${headerBytes} that say where its audio belongs.`,
    );
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const fromByte = Number(header.getBigUint64(4, true));
  if (!Number.isSafeInteger(fromByte)) {
    throw new EngineError(
      'PROTOCOL_BROKEN',
      `A binary frame begins at byte ${fromByte} of its source, which cannot be.`,
    );
  }
  return { sourceId: header.getUint32(0, true), fromByte, audio: bytes.subarray(headerBytes) };
}
