import { describe, expect, test } from 'vitest';
import { resolveServerOptions } from '../../dist/server/resolve-options.js';

describe('the options of a server', () => {
  test('are complete when nothing is given, for this machine only', () => {
    expect(resolveServerOptions({}, 2)).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      corsOrigins: [],
      uploadLimitBytes: 2 ** 29,
      audioLimitSeconds: 14_400,
      transcriptionLimit: 16,
      page: true,
    });
  });

  test.each(['127.0.0.1', '::1', 'localhost'])('let everybody in on %s', (host) => {
    expect(resolveServerOptions({ host }, 1).host).toBe(host);
  });

  test.each(['0.0.0.0', '::', '192.168.1.5', 'example.com'])(
    'do not let everybody in on %s unless that is meant',
    (host) => {
      expect(() => resolveServerOptions({ host }, 1)).toThrow('keysFile');
      expect(resolveServerOptions({ host, isOpen: true }, 1).host).toBe(host);
      expect(resolveServerOptions({ host, keysFile: 'keys.json' }, 1).host).toBe(host);
    },
  );

  test.each([
    { port: -1 },
    { port: 65_536 },
    { port: 80.5 },
    { uploadLimitBytes: 0 },
    { audioLimitSeconds: Number.NaN },
    { transcriptionLimit: -1 },
    { requestSeconds: 0 },
    { drainSeconds: '30' as unknown as number },
  ])('are refused as %j', (options) => {
    expect(() => resolveServerOptions(options, 1)).toThrow(Object.keys(options)[0]);
  });
});
