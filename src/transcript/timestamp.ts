/** Whole milliseconds, never negative. Rounding before splitting into fields is what makes 59.9996 s a full minute. */
export function toMilliseconds(seconds: number): number {
  return Math.max(0, Math.round(seconds * 1000));
}

/** `HH:MM:SS` and the milliseconds behind `separator`; hours take as many digits as they need. */
export function formatTimestamp(milliseconds: number, separator: ',' | '.'): string {
  const totalSeconds = Math.floor(milliseconds / 1000);
  const hours = Math.floor(totalSeconds / 3600);
  const minutes = Math.floor(totalSeconds / 60) % 60;
  const fields = [hours, minutes, totalSeconds % 60].map((field) => String(field).padStart(2, '0'));
  return `${fields.join(':')}${separator}${String(milliseconds % 1000).padStart(3, '0')}`;
}
