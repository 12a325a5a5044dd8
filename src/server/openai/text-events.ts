import { PassThrough } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { EngineError } from '../../errors.js';
import { toMilliseconds } from '../../transcript/timestamp.js';
import type { Segment, Transcript } from '../../transcript/transcript.js';
import { errorAnswer } from '../error-answer.js';

/** Scripts in which words are not set apart. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/** A transcript as it grows, in OpenAI's server-sent events. The answer begins with the first of them. */
export class TextEvents {
  readonly #reply: FastifyReply;
  readonly #stream = new PassThrough();
  #lastCharacter: string | undefined;
  #isBegun = false;

  constructor(reply: FastifyReply) {
    this.#reply = reply;
  }

  /** Whether the status is sent, so that an error can only be told as an event. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  /** OpenAI's event, and when it was said: `start` and `end` in seconds. */
  segment({ text, startSeconds, endSeconds }: Segment): void {
    const isApart = this.#lastCharacter !== undefined && !unspaced.test(this.#lastCharacter + text.slice(0, 1));
    this.#lastCharacter = text.at(-1);
    const delta = isApart ? ` ${text}` : text;
    this.#send({ type: 'transcript.text.delta', delta, start: rounded(startSeconds), end: rounded(endSeconds) });
  }

  done({ text }: Transcript): void {
    this.#send({ type: 'transcript.text.done', text });
    this.#stream.end('data: [DONE]\n\n');
  }

  fail(error: EngineError): void {
    this.#send(errorAnswer(error).body);
    this.#stream.end();
  }

  #send(event: object): void {
    if (!this.#isBegun) {
      this.#isBegun = true;
      // A proxy that gathers what it is sent would hold the text back.
      this.#reply
        .type('text/event-stream; charset=utf-8')
        .headers({ 'cache-control': 'no-cache', 'x-accel-buffering': 'no' });
      void this.#reply.send(this.#stream);
    }
    this.#stream.write(`data: ${JSON.stringify(event)}\n\n`);
  }
}

function rounded(seconds: number): number {
  return toMilliseconds(seconds) / 1000;
}
