import { visibleLines } from './plain-text.js';
import { formatTimestamp, toMilliseconds } from './timestamp.js';
import type { Segment, Transcript } from './transcript.js';

interface Cue {
  readonly startMilliseconds: number;
  readonly endMilliseconds: number;
  readonly lines: readonly string[];
}

// Whisper can end a segment where it began; players show such a cue for no time at all and WebVTT forbids it.
const substituteLengthMilliseconds = 500;

/** SubRip: numbered cues, a comma before the milliseconds, no header. Empty when nothing was said. */
export function srt(transcript: Transcript): string {
  return cues(transcript.segments)
    .map((cue, index) => `${String(index + 1)}\n${timeLine(cue, ',')}\n${cue.lines.map(srtLine).join('\n')}\n`)
    .join('\n');
}

/** WebVTT: a header, a point before the milliseconds, markup characters escaped. */
export function vtt(transcript: Transcript): string {
  const blocks = cues(transcript.segments).map(
    (cue) => `${timeLine(cue, '.')}\n${cue.lines.map(vttLine).join('\n')}\n`,
  );
  return ['WEBVTT\n', ...blocks].join('\n');
}

/**
 * Cues that never overlap, never run backwards and never last no time. A cue gives way to the one that begins after
 * it; segments that begin together share one cue, so that neither hides the other.
 */
function cues(segments: readonly Segment[]): Cue[] {
  const placed: Cue[] = [];
  for (const segment of segments) {
    const lines = visibleLines(segment.text);
    if (lines.length === 0) continue;
    const cue = { ...times(segment), lines };
    const last = placed.pop();
    if (last === undefined) placed.push(cue);
    else if (cue.startMilliseconds <= last.startMilliseconds) placed.push(together(last, cue));
    else placed.push({ ...last, endMilliseconds: Math.min(last.endMilliseconds, cue.startMilliseconds) }, cue);
  }
  return placed;
}

function times(segment: Segment): Pick<Cue, 'startMilliseconds' | 'endMilliseconds'> {
  const startMilliseconds = toMilliseconds(segment.startSeconds);
  const endMilliseconds = toMilliseconds(segment.endSeconds);
  return endMilliseconds > startMilliseconds
    ? { startMilliseconds, endMilliseconds }
    : { startMilliseconds, endMilliseconds: startMilliseconds + substituteLengthMilliseconds };
}

function together(first: Cue, second: Cue): Cue {
  return {
    startMilliseconds: first.startMilliseconds,
    endMilliseconds: Math.max(first.endMilliseconds, second.endMilliseconds),
    lines: [...first.lines, ...second.lines],
  };
}

function timeLine(cue: Cue, separator: ',' | '.'): string {
  const start = formatTimestamp(cue.startMilliseconds, separator);
  return `${start} --> ${formatTimestamp(cue.endMilliseconds, separator)}`;
}

// SubRip has no escapes: a spoken or written arrow would read as a time line, so it is made shorter.
function srtLine(line: string): string {
  return line.replace(/-{2,}>/gu, '->');
}

// Escaping `>` also takes the arrow out of the text, which WebVTT forbids there.
function vttLine(line: string): string {
  return line.replace(/&/gu, '&amp;').replace(/</gu, '&lt;').replace(/>/gu, '&gt;');
}
