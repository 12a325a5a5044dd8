/** Of /proc/meminfo: undefined where the text has no such line. */
export function meminfoBytes(text: string, name: 'MemTotal' | 'MemAvailable' | 'SwapTotal'): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text);
  return found ? Number(found[1]) * 1024 : undefined;
}
