import type { IncomingHttpHeaders } from 'node:http';
import type { ResolvedServerOptions } from './options.js';

/** What decides about where a caller may be. */
export type CallerRules = Pick<ResolvedServerOptions, 'host' | 'keysFile' | 'corsOrigins' | 'publicUrl'>;

const loopback = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/iu;

/** A browser says where its page is from; others send no `Origin`. */
export function isOriginAllowed(
  { origin, host }: IncomingHttpHeaders,
  { corsOrigins }: Pick<CallerRules, 'corsOrigins'>,
): boolean {
  if (origin === undefined || corsOrigins.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/**
 * Whether the name under which it is called may be its own. A server for this machine alone lets everybody in, so a page
 * from elsewhere whose name suddenly leads to this machine must not reach it.
 */
export function isHostAllowed(
  { host = '' }: IncomingHttpHeaders,
  { host: own, keysFile, publicUrl }: CallerRules,
): boolean {
  if (keysFile !== undefined || !isLoopback(own)) return true;
  return loopback.test(host) || (publicUrl !== undefined && new URL(publicUrl).host === host.toLowerCase());
}

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  return loopback.test(host) || host === '::1';
}
