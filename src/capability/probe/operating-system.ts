import { type Fact, known, unknown } from '../machine.js';
import type { Reading } from './reading.js';

/** Its name and version as its maker writes them. */
export async function operatingSystem(reading: Reading): Promise<Fact<string>> {
  switch (reading.platform) {
    case 'linux': {
      const [path, other] = ['/etc/os-release', '/usr/lib/os-release'];
      const text = await reading.textIfThere(path);
      return matched(
        text === undefined ? other : path,
        text ?? (await reading.text(other)),
        /^PRETTY_NAME="?(.*?)"?$/m,
      );
    }
    case 'darwin': {
      const path = '/System/Library/CoreServices/SystemVersion.plist';
      return matched(path, await reading.text(path), /<key>ProductVersion<\/key>\s*<string>(.*?)<\/string>/, 'macOS ');
    }
    case 'win32':
      return known(reading.os.version(), 'os.version');
    default:
      return unknown(`${reading.platform} is not known here`);
  }
}

/**
 * The C library that this process runs on. Node's own report tells it too, but waits for every worker thread, and one
 * that is in the middle of a decode answers only after it.
 */
export async function libc(reading: Reading): Promise<Fact<string>> {
  if (reading.platform !== 'linux') return unknown(`${reading.platform} has only one`);
  const maps = '/proc/self/maps';
  const text = await reading.text(maps);
  if (text.includes('/ld-musl-')) {
    const packages = '/lib/apk/db/installed';
    const musl = matched(packages, (await reading.textIfThere(packages)) ?? '', /^P:musl\nV:([\d.]+)/m, 'musl ');
    return musl.kind === 'known' ? musl : known('musl', maps);
  }
  // Up to version 2.33 the file's name has it.
  const named = matched(maps, text, /\/libc-([\d.]+)\.so/, 'glibc ');
  if (named.kind === 'known') return named;
  if (!text.includes('/libc.so.6')) return unknown(`${maps}: names no C library that is known here`);
  const script = '/usr/bin/ldd';
  const glibc = matched(script, (await reading.textIfThere(script)) ?? '', /\bldd \(.*\) ([\d.]+)/, 'glibc ');
  return glibc.kind === 'known' ? glibc : known('glibc', maps);
}

function matched(source: string, text: string, pattern: RegExp, prefix = ''): Fact<string> {
  const [, value] = pattern.exec(text) ?? [];
  return value ? known(`${prefix}${value}`, source) : unknown(`${source}: does not tell it`);
}
