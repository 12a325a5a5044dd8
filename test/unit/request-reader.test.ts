import { describe, expect, test } from 'vitest';
import { RequestReader } from '../../dist/pool/request-reader.js';
import type { DecodeRequest, Request } from '../../dist/provider/subprocess/protocol.js';

const mostSamples = 1000;

const decode = (id: number, samples: number): DecodeRequest => ({
  kind: 'decode',
  id,
  model: 1,
  samples,
  speechEndSeconds: 1,
  language: 'en',
  translate: false,
  prompt: 'Größe\n{"kind":"ping"}',
  words: false,
  beamSize: 1,
  encoderContext: 'sized',
});

/** Any bit pattern may be in them, that of a newline too. */
const pcm = (samples: number) => Float32Array.from({ length: samples }, (_, at) => 0x0a0a0a0a / (at + 1));

function written(...requests: readonly Request[]): Uint8Array {
  const parts = requests.flatMap((request) => [
    Buffer.from(`${JSON.stringify(request)}\n`),
    ...(request.kind === 'decode' ? [new Uint8Array(pcm(request.samples).buffer)] : []),
  ]);
  return new Uint8Array(Buffer.concat(parts));
}

/** What is read of bytes that come in parts of this length. */
function read(bytes: Uint8Array, partBytes: number): readonly (readonly [Request, Float32Array | undefined])[] {
  const heard: [Request, Float32Array | undefined][] = [];
  const reader = new RequestReader({
    memoryFor: (samples) => (samples <= mostSamples ? new Float32Array(samples) : undefined),
    onRequest: (request) => heard.push([request, undefined]),
    onDecode: (request, audio) => heard.push([request, audio]),
  });
  for (let at = 0; at < bytes.length; at += partBytes) reader.push(bytes.subarray(at, at + partBytes));
  return heard;
}

describe('requests and their audio are read whole', () => {
  const requests: readonly Request[] = [
    { kind: 'open', id: 1, model: { path: 'ä' } },
    decode(2, 5),
    { kind: 'ping', id: 3 },
    decode(4, 0),
    decode(5, mostSamples),
    { kind: 'stop', id: 5 },
  ];

  test.each([1, 2, 3, 5, 7, 64, 4096, 1e6])('in parts of %i bytes', (partBytes) => {
    const heard = read(written(...requests), partBytes);
    expect(heard.map(([request]) => request)).toEqual(requests);
    expect(heard.map(([, audio]) => audio)).toEqual([
      undefined,
      pcm(5),
      undefined,
      pcm(0),
      pcm(mostSamples),
      undefined,
    ]);
  });

  test.each([1, 999, 1e6])('and audio that is too long is passed over, in parts of %i bytes', (partBytes) => {
    const heard = read(written(decode(1, mostSamples + 1), { kind: 'ping', id: 2 }), partBytes);
    expect(heard.map(([{ id }, audio]) => [id, audio])).toEqual([
      [1, undefined],
      [2, undefined],
    ]);
  });
});

describe('who speaks something else is not listened to', () => {
  test.each<[what: string, bytes: Uint8Array]>([
    ['a line without end', new Uint8Array(2 ** 20 + 1).fill(0x20)],
    ['a line that is no JSON', new Uint8Array(Buffer.from('hello\n'))],
  ])('%s', (_what, bytes) => {
    expect(() => read(bytes, 4096)).toThrow();
  });
});
