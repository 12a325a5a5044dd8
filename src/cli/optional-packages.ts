import { readFileSync } from 'node:fs';
import { EngineError } from '../errors.js';

/** What is installed only by those who need it. */
const packages = {
  server: [
    'fastify',
    '@fastify/cors',
    '@fastify/helmet',
    '@fastify/multipart',
    '@fastify/swagger',
    'prom-client',
    'ws',
  ],
  queue: ['bullmq', 'ioredis'],
};

/**
 * A part that needs packages which whisperpool does not bring along.
 * @throws EngineError `PACKAGE_MISSING`, with what installs them
 */
export async function loadOptional<T>(part: keyof typeof packages, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (!isMissingPackage(cause)) throw cause;
    const wanted = packages[part].map((name) => `${name}@${majorOf(name)}`).join(' ');
    throw new EngineError('PACKAGE_MISSING', `This needs packages that are not here: \`npm install ${wanted}\``, {
      cause,
    });
  }
}

/** Not a file of this package: that would be a broken installation. */
function isMissingPackage(error: unknown): boolean {
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
  return isMissing && error.message.startsWith('Cannot find package');
}

/** The version that this one was tried with; another one may be too new. */
function majorOf(name: string): string {
  const description = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly peerDependencies: Readonly<Record<string, string>>;
  };
  return description.peerDependencies[name]?.match(/\d+/u)?.[0] ?? 'latest';
}
