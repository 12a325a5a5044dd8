/** Frames of Whisper's full 30 s window, at 20 ms a frame. */
export const fullEncoderContext = 1500;

/**
 * Encoder frames for a piece of audio. Whisper pads every window to 30 s; a window of the length of the audio makes
 * a 6 s piece 2.5–4× cheaper with the same text (measured on `base` and `tiny.en`). Smaller than this formula is a
 * cliff, so it is a floor as well.
 */
export function sizedEncoderContext(seconds: number): number {
  const frames = Math.ceil((50 * seconds + 128) / 64) * 64;
  return Math.min(Math.max(frames, 384), fullEncoderContext);
}

/** What is left when there is no time for more: half the room, in finer steps. Some texts need a second try for it. */
function trimmedEncoderContext(seconds: number): number {
  const frames = Math.ceil((50 * seconds + 64) / 32) * 32;
  return Math.min(Math.max(frames, 320), fullEncoderContext);
}

/** Encoder frames for so much audio. */
export function encoderContextFor(policy: 'trimmed' | 'sized' | 'full', seconds: number): number {
  if (policy === 'full') return fullEncoderContext;
  return policy === 'sized' ? sizedEncoderContext(seconds) : trimmedEncoderContext(seconds);
}

/**
 * For a second try that cannot wait: what a sized context spoiled is mostly mended by twice as much, at a third of the
 * cost of a full one on short pieces.
 */
export function widerEncoderContext(sized: number): number {
  return Math.min(Math.max(2 * sized, 768), fullEncoderContext);
}

/** Tokens after which text for this much audio is runaway. The densest speech measured is about 10 tokens a second. */
export function tokenLimit(seconds: number): number {
  return Math.min(Math.round(24 + 14 * seconds), 220);
}
