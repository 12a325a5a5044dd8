import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import { refusalOf } from '../../dist/server/live/farewell.js';
import { isSameToken, newToken, sessionOf } from '../../dist/server/live/session-token.js';
import { Settlements } from '../../dist/server/live/settlements.js';
import { upgradeRefusal } from '../../dist/server/live/upgrade.js';
import { longestTextBytes, readClientMessage } from '../../dist/server/live/wire-reader.js';
import { decodeAudioFrame, encodeAudioFrame } from '../../dist/wire/audio-frame.js';
import type { ClientMessage } from '../../dist/wire/live-messages.js';

const format = { encoding: 's16le', sampleRate: 16_000 } as const;

/** One of each, with everything that it can have. */
const messages: readonly ClientMessage[] = [
  { kind: 'open', protocol: 1 },
  {
    kind: 'open',
    protocol: 1,
    key: 'wp_1',
    session: {
      model: 'base',
      language: 'de',
      task: 'translate',
      prompt: 'Zürich,\nBern',
      words: true,
      beamSize: 2,
      chunkSeconds: 'continuous',
      partialEverySeconds: false,
      carriedCharacters: 100,
    },
  },
  { kind: 'open', protocol: 1, session: { chunkSeconds: 4, partialEverySeconds: 0.5 } },
  { kind: 'resume', protocol: 1, key: 'wp_1', token: newToken().text, after: 12 },
  { kind: 'source', id: 0, name: 'mic', options: { format } },
  {
    kind: 'source',
    id: 1,
    name: 'line 2',
    options: {
      format: { encoding: 'mulaw', sampleRate: 8000, channels: 2, channelMode: 'split' },
      priority: 'critical',
      weight: 2,
      vad: { hangoverSeconds: 0.5, preRollSeconds: 0.1, stallSeconds: 9 },
      queue: { chunks: 5, seconds: 30 },
      shed: 'spool',
    },
  },
  { kind: 'lost', id: 0, fromByte: 0, toByte: 640 },
  { kind: 'end-source', id: 0, atByte: 640 },
  { kind: 'end' },
];

function codeOf(attempt: () => unknown): string {
  try {
    attempt();
    return 'none';
  } catch (error) {
    return error instanceof EngineError ? error.code : String(error);
  }
}

describe('a message of a live client', () => {
  test.each(messages.map((message) => [JSON.stringify(message).slice(0, 60), message] as const))(
    'is read as it was written: %s',
    (_, message) => {
      expect(readClientMessage(JSON.stringify(message))).toEqual(message);
    },
  );

  test.each<[what: string, json: string, says: string]>([
    ['no JSON', 'hello', 'no JSON'],
    ['nothing', '', 'no JSON'],
    ['null', 'null', 'kind'],
    ['a list', '[]', 'kind'],
    ['another kind', '{"kind":"hello"}', 'open, resume, source'],
    ['a kind that every object has', '{"kind":"constructor"}', 'open, resume, source'],
    ['another protocol', '{"kind":"open","protocol":2}', 'open.protocol must be 1'],
    ['a misspelt field', '{"kind":"open","protocol":1,"session":{"lang":"de"}}', 'no field "lang"'],
    ['a prototype', '{"kind":"end","__proto__":{"id":1}}', 'no field "__proto__"'],
    ['a number as text', '{"kind":"source","id":"0","name":"a","options":{}}', 'source.id must be a whole number'],
    ['a name on two lines', '{"kind":"source","id":0,"name":"a\\nb"}', 'source.name must be a text without control'],
    ['a name of 201 characters', `{"kind":"source","id":0,"name":"${'a'.repeat(201)}"}`, 'at most 200'],
    ['a source without a format', '{"kind":"source","id":0,"name":"a","options":{}}', 'source.options.format must be'],
    ['a place below zero', '{"kind":"end-source","id":0,"atByte":-2}', 'atByte must be a whole number'],
    ['a place that no number holds', '{"kind":"end-source","id":0,"atByte":9007199254740993}', 'atByte'],
    ['an infinite length', '{"kind":"open","protocol":1,"session":{"chunkSeconds":1e999}}', "or 'continuous'"],
    ['two kilometres of brackets', '['.repeat(16_000), 'no JSON'],
    ['more than there is room for', `"${'a'.repeat(longestTextBytes)}"`, 'at most 16384 char'],
  ])('is refused when it is %s', (_, json, says) => {
    expect(codeOf(() => readClientMessage(json))).toBe('PROTOCOL_BROKEN');
    expect(() => readClientMessage(json)).toThrow(says);
  });

  test('is a message or PROTOCOL_BROKEN, whatever JSON it is', () => {
    const field = fc.oneof(fc.jsonValue(), fc.constantFrom(0, 1, 'continuous', false, 's16le'));
    const keys = ['kind', 'protocol', 'session', 'id', 'name', 'options', 'format', 'token', 'after', 'atByte'];
    const nearly = fc
      .tuple(fc.constantFrom(...messages), fc.dictionary(fc.constantFrom(...keys), field), fc.constantFrom('', ...keys))
      .map(([message, change, without]) => {
        const fields = Object.entries({ ...message, ...change }).filter(([key]) => key !== without);
        return Object.fromEntries(fields);
      });
    const anyObject = fc.object({ key: fc.constantFrom(...keys) });
    let [read, refused] = [0, 0];
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...messages), nearly, fc.jsonValue(), anyObject), (value) => {
        const json = JSON.stringify(value);
        const code = codeOf(() => {
          const message = readClientMessage(json);
          // What is let through is what was sent.
          expect(message).toEqual(JSON.parse(json));
        });
        expect(['none', 'PROTOCOL_BROKEN']).toContain(code);
        if (code === 'none') read += 1;
        else refused += 1;
      }),
      { numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(50);
  });

  test('is PROTOCOL_BROKEN when it is any text at all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(codeOf(() => readClientMessage(text))).toBe('PROTOCOL_BROKEN');
      }),
    );
  });
});

describe('an audio frame', () => {
  test('is read as it was written, or is PROTOCOL_BROKEN', () => {
    const frame = fc.record({
      sourceId: fc.nat({ max: 2 ** 32 - 1 }),
      fromByte: fc.maxSafeNat(),
      audio: fc.uint8Array(),
    });
    fc.assert(
      fc.property(frame, (written) => {
        const { sourceId, fromByte, audio } = decodeAudioFrame(encodeAudioFrame(written));
        expect({ sourceId, fromByte, audio: [...audio] }).toEqual({ ...written, audio: [...written.audio] });
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(['none', 'PROTOCOL_BROKEN']).toContain(codeOf(() => decodeAudioFrame(bytes)));
      }),
    );
  });
});

describe('a token', () => {
  test('has the id of its session in it, and is the same as itself alone', () => {
    const [one, other] = [newToken(), newToken()];
    expect(sessionOf(one.text)).toBe(one.session);
    expect(isSameToken(one.text, one.text)).toBe(true);
    expect(isSameToken(one.text, `${one.session}${other.text.slice(other.session.length)}`)).toBe(false);
    expect(isSameToken(one.text, '')).toBe(false);
  });

  test.each(['', '.', 'a.b', `${newToken().text}x`, `../${newToken().text}`, `${newToken().session}.`])(
    'is none of any session: %j',
    (text) => {
      expect(sessionOf(text)).toBeUndefined();
    },
  );
});

describe('what may be said to be settled', () => {
  test.each<[sequence: number, settledSeconds: readonly number[]]>([
    [0, []],
    [1, []],
    [2, [1.5]],
    [4, [1.5]],
    [5, [3, 0.5]],
    [9, [3, 0.5]],
  ])('to who knows the events up to %i, is %j', (sequence, settledSeconds) => {
    const settlements = new Settlements();
    settlements.add(2, [1]);
    settlements.add(2, [1.5]);
    settlements.add(5, [3, 0.5]);
    expect(settlements.knownAfter(sequence)).toEqual(settledSeconds);
  });

  test('is kept for a reader that is a minute behind, and no longer', () => {
    const settlements = new Settlements();
    for (let second = 1; second <= 200; second += 1) settlements.add(second, [second]);
    expect(settlements.knownAfter(137)).toEqual([137]);
    expect(settlements.knownAfter(136)).toEqual([]);
  });
});

describe('an upgrade', () => {
  const host = '127.0.0.1:8080';
  test.each<[what: string, url: string, headers: Record<string, string>, isFull: boolean, status: number | undefined]>([
    ['without an origin is let in', '/v1/live', { host }, false, undefined],
    ['of a page of this server is let in', '/v1/live?x', { host, origin: `http://${host}` }, false, undefined],
    ['of a page that is on the list is let in', '/v1/live', { host, origin: 'https://app.example' }, false, undefined],
    ['of another page is refused', '/v1/live', { host, origin: 'https://evil.example' }, false, 403],
    ['of a page on another port is refused', '/v1/live', { host, origin: 'http://127.0.0.1:81' }, false, 403],
    ['of a file is refused', '/v1/live', { host, origin: 'null' }, false, 403],
    ['under a name that is not its own is refused', '/v1/live', { host: 'evil.example' }, false, 403],
    ['is refused when all places are taken', '/v1/live', { host }, true, 503],
    ['to somewhere else is refused', '/v1/live/', { host }, false, 404],
    ['to another protocol is refused', '/v1/live', { host, upgrade: 'h2c' }, false, 400],
  ])('%s', (_, url, headers, isFull, status) => {
    const own = { host: '127.0.0.1', keysFile: undefined, corsOrigins: ['https://app.example'], publicUrl: undefined };
    const rules = { options: own, isFull };
    expect(upgradeRefusal({ url, headers: { upgrade: 'websocket', ...headers } }, rules)?.status).toBe(status);
  });
});

describe('a refusal', () => {
  test.each<[error: unknown, code: number]>([
    [new EngineError('PROTOCOL_BROKEN', 'x'), 4400],
    [new EngineError('OPTION_INVALID', 'x'), 4400],
    [new EngineError('LANGUAGE_UNKNOWN', 'x'), 4400],
    [new EngineError('MODEL_UNKNOWN', 'x'), 4400],
    [new EngineError('AUDIO_INVALID', 'x'), 4400],
    [new EngineError('KEY_REFUSED', 'x'), 4401],
    [new EngineError('SESSION_UNKNOWN', 'x'), 4404],
    [new EngineError('LIMIT_REACHED', 'x'), 4429],
    [new EngineError('SESSION_LIMIT', 'x'), 4429],
    [new EngineError('SERVER_DRAINING', 'x'), 1012],
    [new EngineError('ENGINE_CLOSED', 'x'), 1012],
    [new EngineError('QUEUE_UNAVAILABLE', 'x'), 1011],
    [new EngineError('MODEL_NOT_READY', 'x'), 1011],
    [new TypeError('/home/somebody/secret'), 1011],
  ])('for %s closes with %i', (error, code) => {
    const { message, farewell } = refusalOf(error);
    expect(farewell.code).toBe(code);
    expect(JSON.stringify(message)).not.toContain('secret');
  });

  test('has a reason that a close frame has room for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (sentence) => {
        const { farewell } = refusalOf(new EngineError('OPTION_INVALID', sentence));
        expect(Buffer.byteLength(farewell.reason)).toBeLessThanOrEqual(123);
      }),
    );
  });
});
