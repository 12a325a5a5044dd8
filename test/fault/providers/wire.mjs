import { writeSync } from 'node:fs';

/**
 * Calls `onRequest` for each request on standard input. At its end, the process ends.
 * @param {(request: any, samples: Float32Array) => void} onRequest
 * @param {() => void} onEnd
 */
export function listen(onRequest, onEnd = () => process.exit(0)) {
  let bytes = Buffer.alloc(0);
  /** @type {any} */
  let request;
  process.stdin.on('data', (more) => {
    bytes = Buffer.concat([bytes, more]);
    for (;;) {
      if (!request) {
        const end = bytes.indexOf('\n');
        if (end === -1) return;
        request = JSON.parse(bytes.subarray(0, end).toString());
        bytes = bytes.subarray(end + 1);
      }
      const audioBytes = request.kind === 'decode' ? 4 * request.samples : 0;
      if (bytes.length < audioBytes) return;
      const samples = new Float32Array(new Uint8Array(bytes.subarray(0, audioBytes)).buffer);
      bytes = bytes.subarray(audioBytes);
      const whole = request;
      request = undefined;
      onRequest(whole, samples);
    }
  });
  process.stdin.on('end', onEnd);
}

/**
 * Writes one line. A pipe that is full is tried again.
 * @param {unknown} answer
 */
export function say(answer) {
  let rest = Buffer.from(`${typeof answer === 'string' ? answer : JSON.stringify(answer)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

export const hello = { kind: 'hello', protocol: 1, provider: 'echo', version: '1.0', backend: 'sums', credit: 4 };

export const capabilities = {
  languages: ['en'],
  wordTimes: false,
  translate: false,
  abort: true,
  streaming: true,
  formats: ['f32le-16000-mono'],
};

/**
 * A recognition of one segment.
 * @param {unknown} text
 */
export function recognition(text, endSeconds = 1) {
  return { segments: [{ startSeconds: 0, endSeconds, text }], language: 'en', decodeSeconds: 0 };
}
