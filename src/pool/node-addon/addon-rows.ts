import type { WireRecognition } from '../../provider/subprocess/protocol.js';

/** What the package makes of audio: start and end as `00:00:08.000`, and the text. */
export type AddonRow = readonly [start: string, end: string, text: string];

/** VAD marks the end of speech up to this much too early. */
const speechEndToleranceSeconds = 0.3;

/** Rows as segments, without what was invented after the speech. */
export function segmentsOf(rows: readonly AddonRow[], speechEndSeconds: number): WireRecognition['segments'] {
  const segments = rows.map(([start, end, text]) => ({
    startSeconds: secondsOf(start),
    endSeconds: secondsOf(end),
    text,
  }));
  const latestSeconds = speechEndSeconds + speechEndToleranceSeconds;
  return segments.filter(({ startSeconds }, at) => at === 0 || startSeconds <= latestSeconds);
}

function secondsOf(timestamp: string): number {
  return timestamp.split(':').reduce((seconds, part) => 60 * seconds + Number(part), 0);
}
