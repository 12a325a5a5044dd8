import { describe, expect, test } from 'vitest';
import { isHostAllowed, isLoopback, isOriginAllowed } from '../../dist/server/caller-place.js';

const here = { host: '127.0.0.1', keysFile: undefined, corsOrigins: [], publicUrl: undefined };

describe('a server for this machine alone, without keys', () => {
  test.each<[host: string | undefined, isAllowed: boolean]>([
    ['localhost', true],
    ['localhost:8080', true],
    ['LOCALHOST:8080', true],
    ['whisper.localhost:8080', true],
    ['127.0.0.1:8080', true],
    ['127.1.2.3', true],
    ['[::1]:8080', true],
    ['evil.example', false],
    ['evil.example:8080', false],
    ['localhost.evil.example', false],
    ['127.0.0.1.evil.example', false],
    ['', false],
    [undefined, false],
  ])('called %s it answers: %s', (host, isAllowed) => {
    expect(isHostAllowed(host === undefined ? {} : { host }, here)).toBe(isAllowed);
  });

  test('it answers under the address that it was given, too', () => {
    const known = { ...here, publicUrl: 'wss://speech.example/v1/live' };
    expect(isHostAllowed({ host: 'Speech.example' }, known)).toBe(true);
    expect(isHostAllowed({ host: 'evil.example' }, known)).toBe(false);
  });
});

test.each([
  ['asks for keys', { ...here, keysFile: 'keys.json' }],
  ['is open to the network', { ...here, host: '0.0.0.0' }],
])('a server that %s answers under any name', (_what, rules) => {
  expect(isHostAllowed({ host: 'speech.example' }, rules)).toBe(true);
});

test.each<[origin: string | undefined, host: string, isAllowed: boolean]>([
  [undefined, 'localhost:8080', true],
  ['http://localhost:8080', 'localhost:8080', true],
  ['https://app.example', 'localhost:8080', true],
  ['https://evil.example', 'localhost:8080', false],
  ['null', 'localhost:8080', false],
  ['http://localhost:3000', 'localhost:8080', false],
])('a page of %s may call %s where https://app.example is listed: %s', (origin, host, isAllowed) => {
  expect(
    isOriginAllowed({ ...(origin !== undefined && { origin }), host }, { corsOrigins: ['https://app.example'] }),
  ).toBe(isAllowed);
});

test.each([
  ['127.0.0.1', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.0.2.1', false],
])('only this machine reaches %s: %s', (host, isIt) => {
  expect(isLoopback(host)).toBe(isIt);
});
