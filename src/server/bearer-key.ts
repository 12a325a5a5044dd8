import type { IncomingHttpHeaders } from 'node:http';

/** The key of `Authorization: Bearer KEY`. */
export function bearerKey({ authorization }: IncomingHttpHeaders): string | undefined {
  return /^Bearer +(\S+)$/iu.exec(authorization ?? '')?.[1];
}
