import { EngineError } from '../errors.js';
import {
  bytesPerSample,
  completeFormat,
  type LiveFormat,
  largestSample,
  type StreamFormat,
  trackCount,
} from '../provider/stream-format.js';

export { bytesPerFrame, type LiveFormat } from '../provider/stream-format.js';

const lowestRate = 8_000;
const highestRate = 48_000;
const mostChannels = 64;
const channelModes: readonly string[] = ['mix', 'split'] satisfies readonly StreamFormat['channelMode'][];

/**
 * The complete format.
 * @throws EngineError `OPTION_INVALID` for an encoding or a channel mode that does not exist, `AUDIO_INVALID` for a rate
 * or a number of channels that is not possible
 */
export function checkedFormat(format: LiveFormat): StreamFormat {
  if (typeof (format as unknown) !== 'object' || (format as unknown) === null) {
    throw new EngineError(
      'OPTION_INVALID',
      'A source needs a format: { encoding, sampleRate, channels, channelMode }.',
    );
  }
  const complete = completeFormat(format);
  const { encoding, sampleRate, channels, channelMode } = complete;
  if (!Object.hasOwn(bytesPerSample, encoding)) {
    const known = Object.keys(bytesPerSample).join(', ');
    throw new EngineError('OPTION_INVALID', `There is no encoding ${shown(encoding)}. It can be ${known}.`);
  }
  if (!channelModes.includes(channelMode)) {
    const known = channelModes.join(' or ');
    throw new EngineError('OPTION_INVALID', `There is no channel mode ${shown(channelMode)}. It can be ${known}.`);
  }
  if (!isWithin(sampleRate, lowestRate, highestRate)) {
    throw new EngineError(
      'AUDIO_INVALID',
      `A sample rate of ${shown(sampleRate)} is not possible for live audio. ` +
        `Give whole samples per second, ${lowestRate} … ${highestRate}.`,
    );
  }
  if (!isWithin(channels, 1, mostChannels)) {
    throw new EngineError(
      'AUDIO_INVALID',
      `${shown(channels)} channels are not possible. Give a whole number, 1 … ${mostChannels}.`,
    );
  }
  return complete;
}

/** The channel of each track; undefined for the one track of a mix. */
export function tracksOf(format: LiveFormat): readonly (number | undefined)[] {
  const count = trackCount(format);
  return Array.from({ length: count }, (_, channel) => (count === 1 ? undefined : channel));
}

/**
 * Looks at bytes before any of them is accepted: each float that they make whole must be a number.
 * @param tail - what the last call returned; empty for the first bytes of a format
 * @returns the 0 … 3 bytes of the last sample that is not whole yet, to be given with the next bytes; always empty for
 * integers, which can have any value
 * @throws EngineError `AUDIO_INVALID`; `tail` still counts, as if these bytes had not been
 */
export function checkedTail({ encoding }: LiveFormat, tail: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (encoding !== 'f32le') return new Uint8Array(0);
  const size = bytesPerSample[encoding];
  const missing = (size - tail.length) % size;
  const first = Uint8Array.of(...tail, ...bytes.subarray(0, missing));
  if (first.length > 0 && first.length < size) return first;
  if (first.length > 0) checkFloat(viewOf(first), 0, 0);
  const view = viewOf(bytes);
  let at = missing;
  for (; at + size <= bytes.length; at += size) checkFloat(view, at, at);
  return new Uint8Array(bytes.subarray(at));
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function checkFloat(view: DataView, at: number, byte: number): void {
  const sample = view.getFloat32(at, true);
  // Comparing false is how NaN is found.
  if (Math.abs(sample) <= largestSample) return;
  throw new EngineError(
    'AUDIO_INVALID',
    `The sample at byte ${byte} is ${sample}. Give finite numbers; nothing of these bytes was taken.`,
  );
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
