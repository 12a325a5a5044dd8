/**
 * The systems that a platform package can be made for: on one of them, of the kind itself. Named as
 * src/provider/addon.ts looks for them. Only linux-x64-gnu has been made and tried so far.
 * @type {Readonly<Record<string, { os: string[]; cpu: string[]; libc?: string[] }>>}
 */
export const PLATFORMS = {
  'linux-x64-gnu': { os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
  'linux-arm64-gnu': { os: ['linux'], cpu: ['arm64'], libc: ['glibc'] },
  'darwin-arm64': { os: ['darwin'], cpu: ['arm64'] },
  'darwin-x64': { os: ['darwin'], cpu: ['x64'] },
};

/** @param {string} platform one of them */
export function packageName(platform) {
  return `@whisperpool/native-${platform}`;
}
