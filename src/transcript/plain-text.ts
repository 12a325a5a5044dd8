import type { Segment, Transcript } from './transcript.js';

// U+0085, U+2028 and U+2029 too: editors, players and `wc -l` do not agree on which of them ends a line.
const lineBreaks = /[\n\v\f\r\u0085\u2028\u2029]+/u;

/** The lines of `text` that hold something, without the space around them. */
export function visibleLines(text: string): string[] {
  return text
    .split(lineBreaks)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** What `segment` adds to a plain-text transcript: its one line, or nothing when it is blank. */
export function plainSegment(segment: Segment): string {
  const lines = visibleLines(segment.text);
  return lines.length === 0 ? '' : `${lines.join(' ')}\n`;
}

/** One line a segment. The same bytes as `plainSegment` of every segment as it comes. */
export function plainText(transcript: Transcript): string {
  return transcript.segments.map(plainSegment).join('');
}
