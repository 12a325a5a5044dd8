/** What a question was about: all of a file, or what is missing of it. */
export interface Asked {
  readonly sizeBytes: number;
  /** The first byte asked for. */
  readonly offsetBytes: number;
  /** What the bytes before it were sent with. */
  readonly validator: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What is to be done with an answer. `why` is the end of a sentence. */
export type Verdict =
  /** Its body is the file's bytes from `fromBytes` on, which is 0 or what was asked for. */
  | { readonly kind: 'take'; readonly fromBytes: number; readonly validator: string | undefined }
  | { readonly kind: 'startOver'; readonly why: string }
  | { readonly kind: 'retry'; readonly why: string; readonly askedSeconds: number | undefined }
  | { readonly kind: 'refuse'; readonly why: string };

/** Servers too busy or too broken to answer say one of these, as does anything from 500. */
const passing = [408, 425, 429];

/** Judges an answer that is no redirect. */
export function judgeAnswer(asked: Asked, answer: Answer, nowMilliseconds: number): Verdict {
  const { status } = answer;
  if (status === 200 || status === 206) {
    return pageInsteadOf(answer) ?? (status === 200 ? judgeWhole(asked, answer) : judgePart(asked, answer));
  }
  if (status === 416) return { kind: 'startOver', why: 'the hub refuses to go on from where the last transfer ended' };
  if (passing.includes(status) || status >= 500) {
    return { kind: 'retry', why: `the hub answered ${status}`, askedSeconds: retryAfter(answer, nowMilliseconds) };
  }
  return { kind: 'refuse', why: `the hub answered ${status}${meanings[status] ?? ''}` };
}

const meanings: Readonly<Record<number, string>> = {
  401: ': it asks for a name and password',
  403: ': it does not let us have the file',
  404: ': the hub has no such file',
  410: ': the hub has no such file any more',
};

/** A page, such as a login or a proxy's complaint. What calls itself plain text is judged by its first bytes. */
function pageInsteadOf(answer: Answer): Verdict | undefined {
  const type = header(answer, 'content-type') ?? '';
  const encoding = header(answer, 'content-encoding') ?? 'identity';
  if (/html|json|xml/i.test(type)) return { kind: 'refuse', why: `the hub sent a page (${type}) in place of the file` };
  if (encoding === 'identity') return undefined;
  return { kind: 'refuse', why: `the hub sent the file in the encoding '${encoding}', which was not asked for` };
}

function judgeWhole({ sizeBytes }: Asked, answer: Answer): Verdict {
  const length = header(answer, 'content-length');
  if (length !== undefined && Number(length) !== sizeBytes) {
    return { kind: 'refuse', why: `the hub's file has ${length} bytes, where ${sizeBytes} are expected` };
  }
  return { kind: 'take', fromBytes: 0, validator: validatorOf(answer) };
}

function judgePart({ sizeBytes, offsetBytes, validator }: Asked, answer: Answer): Verdict {
  const range = header(answer, 'content-range') ?? '';
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range) ?? [];
  const rightTotal = total === '*' || Number(total) === sizeBytes;
  if (offsetBytes === 0 || Number(first) !== offsetBytes || !rightTotal) {
    return { kind: 'startOver', why: `the hub sent the range '${range}' when asked for the bytes from ${offsetBytes}` };
  }
  // A server that heeds If-Range sends the whole of a file that changed; not every server does.
  if (changed(validator, answer)) {
    return { kind: 'startOver', why: 'the file on the hub changed between two transfers' };
  }
  return { kind: 'take', fromBytes: offsetBytes, validator };
}

function changed(validator: string | undefined, answer: Answer): boolean {
  const now = [header(answer, 'etag'), header(answer, 'last-modified')].filter((value) => value !== undefined);
  return validator !== undefined && now.length > 0 && !now.includes(validator);
}

/** What If-Range may hold: a strong entity tag, else a date. */
function validatorOf(answer: Answer): string | undefined {
  const tag = header(answer, 'etag');
  return tag?.startsWith('"') ? tag : header(answer, 'last-modified');
}

/** Seconds, or a date. */
function retryAfter(answer: Answer, nowMilliseconds: number): number | undefined {
  const value = header(answer, 'retry-after') ?? '';
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - nowMilliseconds) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

function header({ headers }: Answer, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
