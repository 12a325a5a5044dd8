import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/index.js';
import type { Gate, KeyLimits } from '../../dist/server/gate.js';
import { hashOf, newKey } from '../../dist/server/keys/key.js';
import { keysText } from '../../dist/server/keys/keys-file.js';
import { openGate } from '../../dist/server/keys/open-gate.js';
import { draw, type TokenBucket } from '../../dist/server/keys/token-bucket.js';
import { LimitReached } from '../../dist/server/limit-reached.js';
import { ManualClock } from '../manual-clock.js';

let folder: string;
let file: string;
let clock: ManualClock;
let lines: { readonly level: string; readonly fields: object; readonly message: string }[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'whisperpool-keys-'));
  file = join(folder, 'keys.json');
  clock = new ManualClock(1000);
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Replaces the file by one with these keys, as the command does. */
function put(keys: Readonly<Record<string, { readonly key: string; readonly limits?: KeyLimits }>>): void {
  const stored = Object.entries(keys).map(([name, { key, limits = {} }]) => ({
    name,
    hash: hashOf(key),
    createdAt: '2026-01-01T00:00:00.000Z',
    limits,
  }));
  writeFileSync(`${file}.new`, keysText(stored));
  renameSync(`${file}.new`, file);
}

function open(transcription = 100): Gate {
  const at = (level: string) => (fields: object, message: string) => lines.push({ level, fields, message });
  const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return openGate({ keysFile: file, limits: { session: undefined, transcription }, clock, logger });
}

function refusal(work: () => unknown): EngineError {
  try {
    work();
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}

const [one, other] = [newKey(), newKey()];

describe('a key', () => {
  test('has a prefix by which it is recognised, 256 random bits, and never the same ones', () => {
    const keys = Array.from({ length: 100 }, newKey);
    for (const key of keys) expect(key).toMatch(/^wp_[\w-]{43}$/u);
    expect(new Set(keys).size).toBe(100);
  });

  test('cannot be found in the file', () => {
    put({ a: { key: one } });
    expect(keysText([{ name: 'a', hash: hashOf(one), createdAt: '', limits: {} }])).not.toContain(one.slice(3, 20));
  });
});

describe('a gate with keys', () => {
  test('lets in each key under its name', () => {
    put({ one: { key: one }, other: { key: other } });
    const gate = open();
    expect(gate.isGuarded).toBe(true);
    expect([gate.admit(one).name, gate.admit(other).name]).toEqual(['one', 'other']);
  });

  test('refuses a missing, an empty, a wrong and a revoked key with the same words', () => {
    put({ one: { key: one }, other: { key: other } });
    const gate = open();
    put({ one: { key: one } });
    clock.advance(1);
    const wrong = [undefined, '', newKey(), other, `${one} `, one.slice(0, -1), hashOf(one).toString('hex')];
    const refusals = wrong.map((key) => refusal(() => gate.admit(key)));
    expect(new Set(refusals.map(({ code, message }) => `${code} ${message}`)).size).toBe(1);
    expect(refusals[0]?.code).toBe('KEY_REFUSED');
  });

  test('takes up a new key and a changed limit within a second', () => {
    put({ one: { key: one } });
    const gate = open();
    put({ one: { key: one, limits: { sessions: 0 } }, other: { key: other } });
    clock.advance(1);
    expect(gate.admit(other).name).toBe('other');
    expect(refusal(() => gate.admit(one).enter('session')).code).toBe('LIMIT_REACHED');
  });

  test.each([
    ['half of it', (text: string) => text.slice(0, text.length / 2)],
    ['another version', (text: string) => text.replace('"version": 1', '"version": 2')],
    ['a hash that is none', (text: string) => text.replace(/"sha256": "../u, '"sha256": "')],
    ['a limit that is misspelt', (text: string) => text.replace('"limits": {', '"limits": {"session": 2')],
    ['a limit below zero', (text: string) => text.replace('"limits": {', '"limits": {"sessions": -1')],
    ['no requests a minute', (text: string) => text.replace('"limits": {', '"limits": {"requestsPerMinute": 0')],
    ['a name with a line break', (text: string) => text.replace('"name": "one"', '"name": "one\\n"')],
    ['nothing', () => 'null'],
  ])('keeps the keys that it knows when the file becomes %s, and says so once', (_what, damage) => {
    const entry = { name: 'one', hash: hashOf(one), createdAt: '2026-01-01T00:00:00.000Z', limits: {} };
    put({ one: { key: one } });
    const gate = open();
    writeFileSync(file, damage(keysText([entry])));
    for (let looks = 0; looks < 3; looks += 1) {
      clock.advance(1);
      expect(gate.admit(one).name).toBe('one');
    }
    expect(lines.map(({ level }) => level)).toEqual(['error']);
    put({ other: { key: other } });
    clock.advance(1);
    expect(gate.admit(other).name).toBe('other');
    expect(refusal(() => gate.admit(one)).code).toBe('KEY_REFUSED');
  });

  test('keeps them when the file is gone', () => {
    put({ one: { key: one } });
    const gate = open();
    rmSync(file);
    clock.advance(1);
    expect(gate.admit(one).name).toBe('one');
    expect(lines.map(({ level }) => level)).toEqual(['error']);
  });

  test('is not opened on a file that is not there, or has one name twice', () => {
    expect(refusal(() => open()).code).toBe('OPTION_INVALID');
    const twice = { name: 'one', hash: hashOf(one), createdAt: '', limits: {} };
    writeFileSync(file, keysText([twice, { ...twice, hash: hashOf(other) }]));
    expect(refusal(() => open()).message).toContain('the same name');
  });
});

describe('the limits of a key', () => {
  test('are places that are given back once, each kind by itself', () => {
    put({ one: { key: one, limits: { sessions: 1, transcriptions: 2 } } });
    const gate = open();
    const leave = gate.admit(one).enter('session');
    const full = refusal(() => gate.admit(one).enter('session'));
    expect(full).toMatchObject({ code: 'LIMIT_REACHED', retryAfterSeconds: 30 });
    gate.admit(one).enter('transcription');
    gate.admit(one).enter('transcription');
    expect(refusal(() => gate.admit(one).enter('transcription'))).toMatchObject({ retryAfterSeconds: 5 });
    leave();
    leave();
    gate.admit(one).enter('session');
    expect(refusal(() => gate.admit(one).enter('session')).code).toBe('LIMIT_REACHED');
  });

  test('stand beside those of the server, which all keys share, and nothing stays taken of a refusal', () => {
    put({ one: { key: one, limits: { transcriptions: 1 } }, other: { key: other } });
    const gate = open(1);
    const leave = gate.admit(other).enter('transcription');
    expect(refusal(() => gate.admit(one).enter('transcription')).message).toContain('this server');
    leave();
    const leaveOne = gate.admit(one).enter('transcription');
    expect(refusal(() => gate.admit(one).enter('transcription')).message).toContain('this key');
    leaveOne();
    gate.admit(other).enter('transcription');
  });

  test('are not lifted when the file changes while places are taken', () => {
    put({ one: { key: one, limits: { sessions: 1 } } });
    const gate = open();
    gate.admit(one).enter('session');
    put({ one: { key: one, limits: { sessions: 1 } }, other: { key: other } });
    clock.advance(1);
    expect(refusal(() => gate.admit(one).enter('session')).code).toBe('LIMIT_REACHED');
  });

  test('count requests, and say when the next one is let in', () => {
    put({ one: { key: one, limits: { requestsPerMinute: 6 } }, other: { key: other } });
    const gate = open();
    for (let count = 0; count < 6; count += 1) gate.admit(one);
    const refused = refusal(() => gate.admit(one));
    expect(refused).toBeInstanceOf(LimitReached);
    expect(refused).toMatchObject({ code: 'LIMIT_REACHED', retryAfterSeconds: 10 });
    gate.admit(other);
    clock.advance(10);
    gate.admit(one);
    expect(refusal(() => gate.admit(one))).toMatchObject({ retryAfterSeconds: 10 });
  });
});

test('a bucket never gives more than it holds and what a minute brings, and never refuses for longer than it says', () => {
  const waits = fc.array(fc.double({ min: 0, max: 30, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), waits, (perMinute, pauses) => {
      let bucket: TokenBucket | undefined;
      let nowSeconds = 0;
      let drawnCount = 0;
      for (const pause of pauses) {
        nowSeconds += pause;
        const drawn = draw(bucket, perMinute, nowSeconds);
        if (drawn.kind === 'drawn') {
          bucket = drawn.bucket;
          drawnCount += 1;
        } else {
          const later = draw(bucket, perMinute, nowSeconds + drawn.waitSeconds + 1e-6);
          expect(later.kind).toBe('drawn');
        }
        expect(drawnCount).toBeLessThanOrEqual(perMinute * (1 + nowSeconds / 60) + 1e-6);
      }
    }),
  );
});
