/** The lines that the kernel prints for each CPU in /proc/cpuinfo, by name: 'model name', 'flags', 'physical id', … */
export function cpuTable(text: string): readonly ReadonlyMap<string, string>[] {
  const cpus: Map<string, string>[] = [];
  for (const line of text.split('\n')) {
    const [name = '', ...value] = line.split(':');
    if (name.trim() === 'processor') cpus.push(new Map());
    cpus.at(-1)?.set(name.trim(), value.join(':').trim());
  }
  return cpus;
}
