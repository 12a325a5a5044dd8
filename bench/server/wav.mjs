import { readFileSync } from 'node:fs';

const SECONDS = 30;

/**
 * The first half minute of what several WAV files say one after the other; all are of the format of the first.
 *
 * @param {readonly string[]} paths
 * @returns {Buffer}
 */
export function thirtySeconds(paths) {
  const [first] = paths;
  if (first === undefined) throw new Error('There are no clips.');
  const { format } = read(first);
  const same = paths.map(read).filter((wav) => wav.format.equals(format));
  const samples = Buffer.concat(same.map((wav) => wav.samples)).subarray(0, SECONDS * format.readUInt32LE(8));
  if (samples.length < SECONDS * format.readUInt32LE(8)) throw new Error(`The clips are shorter than ${SECONDS} s.`);
  const header = Buffer.alloc(20);
  header.write('RIFF');
  header.writeUInt32LE(4 + 8 + format.length + 8 + samples.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(format.length, 16);
  const data = Buffer.alloc(8);
  data.write('data');
  data.writeUInt32LE(samples.length, 4);
  return Buffer.concat([header, format, data, samples]);
}

/** @param {string} path */
function read(path) {
  const wav = readFileSync(path);
  /** @param {string} id */
  const chunk = (id) => {
    for (let at = 12; at + 8 <= wav.length; ) {
      const size = wav.readUInt32LE(at + 4);
      if (wav.toString('latin1', at, at + 4) === id) return wav.subarray(at + 8, at + 8 + size);
      at += 8 + size + (size % 2);
    }
    throw new Error(`${path} is not a WAV file.`);
  };
  return { format: chunk('fmt '), samples: chunk('data') };
}
