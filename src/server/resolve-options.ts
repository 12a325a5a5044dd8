import { tmpdir } from 'node:os';
import { EngineError } from '../errors.js';
import { isLoopback } from './caller-place.js';
import type { ResolvedServerOptions, ServerOptions } from './options.js';

/**
 * All options, checked. @param slots of the engine
 * @throws EngineError `OPTION_INVALID`
 */
export function resolveServerOptions(options: ServerOptions, slots: number): ResolvedServerOptions {
  const { host = '127.0.0.1', port = 8080, keysFile, isOpen = false, publicUrl } = options;
  if (keysFile === undefined && !isOpen && !isLoopback(host)) {
    throw new EngineError(
      'OPTION_INVALID',
      `On \`host\` ${host} everybody who reaches it could transcribe. Give \`keysFile\`, or \`isOpen: true\` if that is meant.`,
    );
  }
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new EngineError('OPTION_INVALID', `\`port\` is ${String(port)}; it must be a whole number from 0 to 65,535.`);
  }
  return {
    host,
    port,
    keysFile,
    corsOrigins: options.corsOrigins ?? [],
    uploadLimitBytes: aboveZero('uploadLimitBytes', options.uploadLimitBytes, 536_870_912),
    uploadFolder: options.uploadFolder ?? tmpdir(),
    audioLimitSeconds: aboveZero('audioLimitSeconds', options.audioLimitSeconds, 14_400),
    transcriptionLimit: aboveZero('transcriptionLimit', options.transcriptionLimit, 8 * slots),
    socketLimit: aboveZero('socketLimit', options.socketLimit, 256),
    requestSeconds: aboveZero('requestSeconds', options.requestSeconds, 300),
    drainSeconds: aboveZero('drainSeconds', options.drainSeconds, 30),
    page: options.page ?? true,
    publicUrl,
  };
}

function aboveZero(name: keyof ServerOptions, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value === 'number' && value > 0) return value;
  throw new EngineError('OPTION_INVALID', `\`${name}\` is ${String(value)}; it must be above zero.`);
}
