import type { Progress } from '../session/transcription.js';
import { duration, percentage, printable, type Reading, timeLeft } from './progress-line.js';

/** How far a transcription is after so many seconds. RTF is elapsed over done seconds, of all slots together. */
export function transcriptionReading({ doneSeconds, fraction }: Progress, elapsedSeconds: number): Reading {
  const figures: string[] = [];
  if (doneSeconds > 0) figures.push(`RTF ${(elapsedSeconds / doneSeconds).toFixed(2)}`);
  if (fraction !== undefined && fraction > 0) figures.push(timeLeft((elapsedSeconds * (1 - fraction)) / fraction));
  return { fraction, position: fraction === undefined ? duration(doneSeconds) : percentage(fraction), figures };
}

/** `jfk.wav: 11.0 s of audio in 1.3 s, RTF 0.12`. */
export function transcriptionSummary(name: string, durationSeconds: number, elapsedSeconds: number): string {
  const speed = durationSeconds > 0 ? `, RTF ${(elapsedSeconds / durationSeconds).toFixed(2)}` : '';
  return `${printable(name)}: ${durationSeconds.toFixed(1)} s of audio in ${elapsedSeconds.toFixed(1)} s${speed}`;
}
