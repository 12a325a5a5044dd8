const units = ['bytes', 'KB', 'MB', 'GB'];

/** A number of bytes for people, in thousands as disks are sold: `425.0 MB`. */
export function inBytes(bytes: number): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power] ?? ''}`;
}
