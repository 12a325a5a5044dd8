/**
 * Why a process that tried a binary has ended.
 * @param remedy - a sentence: how another build of the binary can be had
 */
export function exitReason(code: number | null, signal: NodeJS.Signals | null, remedy: string): string {
  switch (signal) {
    case 'SIGILL':
      return `It uses instructions that this CPU does not have. ${remedy}`;
    case 'SIGSEGV':
    case 'SIGBUS':
    case 'SIGABRT':
    case 'SIGFPE':
      return `It crashed (${signal}).`;
    case 'SIGKILL':
      return 'Its process was killed, probably because memory ran out.';
    case null:
      return `Its process ended by itself with exit code ${String(code)}.`;
    default:
      return `Its process was ended by ${signal}.`;
  }
}

/**
 * What a failed `dlopen` means, in words; its own words otherwise.
 * @param remedy - a sentence: how another build of the binary can be had
 */
export function loadFailureReason(message: string, remedy: string): string {
  const glibc = /version `(GLIBC\w*_[\d.]+)' not found/.exec(message)?.[1];
  if (glibc !== undefined) return `It was built for a newer C library: ${glibc} is not here. ${remedy}`;
  const library = /^(\S+): cannot open shared object file/.exec(message)?.[1];
  if (library?.startsWith('libc.musl') === true) return 'It was built for musl, and this system has another C library.';
  if (library !== undefined && !library.includes('/')) return `It needs the library ${library}, which is not here.`;
  if (/invalid ELF header|wrong ELF class|file too short|not a mach-o file|not a valid Win32/i.test(message)) {
    return 'It was built for another system or processor, or is damaged.';
  }
  const absent = /^Cannot find module '([^']+)'/.exec(message)?.[1];
  if (absent !== undefined) return `Its binary is not there: ${absent}. ${remedy}`;
  const [sentence = ''] = message.split('\n');
  return sentence.endsWith('.') ? sentence : `${sentence}.`;
}
