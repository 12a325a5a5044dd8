import type { EngineErrorCode } from '../../errors.js';
import type { Capabilities } from '../provider.js';
import type { Loading } from '../recognition.js';
import { arrayAt, flagAt, type JsonObject, numberAt, objectAt, objectOf, optional, textAt } from './json-check.js';
import { type Hello, protocolVersion } from './protocol.js';

/** An `Answer` whose shape was checked. What was recognised is checked where the audio's length is known. */
export type CheckedAnswer =
  | Hello
  | {
      readonly kind: 'opened';
      readonly id: number;
      readonly capabilities: Capabilities;
      readonly loading: readonly Loading[];
    }
  | { readonly kind: 'closed' | 'pong'; readonly id: number }
  | { readonly kind: 'text'; readonly id: number; readonly text: string }
  | { readonly kind: 'decoded'; readonly id: number; readonly recognition: unknown }
  | {
      readonly kind: 'failed';
      readonly id: number;
      /** Undefined for one that a provider cannot say. */
      readonly code: EngineErrorCode | undefined;
      readonly message: string;
    };

/** Codes that a provider may fail with. The others speak of the host. */
const codesOfProviders: readonly EngineErrorCode[] = [
  'ABORTED',
  'AUDIO_EMPTY',
  'AUDIO_INVALID',
  'DEADLINE_EXCEEDED',
  'DECODE_FAILED',
  'LANGUAGE_UNKNOWN',
  'LANGUAGE_UNSUPPORTED',
  'MODEL_CORRUPT',
  'MODEL_LOAD_FAILED',
  'MODEL_MISSING',
  'MODEL_TRUNCATED',
  'MODEL_UNSUPPORTED',
  'NATIVE_NOT_BUILT',
  'OPTION_INVALID',
  'PROVIDER_UNAVAILABLE',
];

/** @throws Error that says what is wrong with the line */
export function answerOf(line: string): CheckedAnswer {
  const answer = objectOf(JSON.parse(line), 'answer');
  const kind = textAt(answer, 'kind');
  if (kind === 'hello') return helloOf(answer);
  const id = numberAt(answer, 'id');
  switch (kind) {
    case 'opened':
      return {
        kind,
        id,
        capabilities: capabilitiesOf(objectAt(answer, 'capabilities')),
        loading: (optional(arrayAt, answer, 'loading') ?? []).map(loadingOf),
      };
    case 'closed':
    case 'pong':
      return { kind, id };
    case 'text':
      return { kind, id, text: textAt(answer, 'text') };
    case 'decoded':
      return { kind, id, recognition: answer['recognition'] };
    case 'failed': {
      const error = objectAt(answer, 'error');
      const code = textAt(error, 'code');
      return { kind, id, code: codesOfProviders.find((known) => known === code), message: textAt(error, 'message') };
    }
    default:
      throw new Error(`no answer is of the kind \`${kind}\``);
  }
}

function helloOf(answer: JsonObject): Hello {
  const protocol = numberAt(answer, 'protocol');
  if (protocol !== protocolVersion) throw new Error(`it speaks protocol ${protocol}, not ${protocolVersion}`);
  const credit = numberAt(answer, 'credit');
  if (!Number.isInteger(credit) || credit < 1) throw new Error('`credit` is no whole number from 1');
  return {
    kind: 'hello',
    protocol,
    provider: textAt(answer, 'provider'),
    version: textAt(answer, 'version'),
    backend: textAt(answer, 'backend'),
    credit,
  };
}

function capabilitiesOf(from: JsonObject): Capabilities {
  const languages = arrayAt(from, 'languages').map((_, at, list) => textAt({ language: list[at] }, 'language'));
  if (!arrayAt(from, 'formats').includes('f32le-16000-mono')) throw new Error('`formats` lacks f32le-16000-mono');
  return {
    languages,
    wordTimes: flagAt(from, 'wordTimes'),
    translate: flagAt(from, 'translate'),
    abort: flagAt(from, 'abort'),
    streaming: flagAt(from, 'streaming'),
    formats: ['f32le-16000-mono'],
  };
}

function loadingOf(item: unknown): Loading {
  const loading = objectOf(item, 'loading');
  return {
    weightsRead: flagAt(loading, 'weightsRead'),
    contextSeconds: numberAt(loading, 'contextSeconds'),
    stateSeconds: numberAt(loading, 'stateSeconds'),
    warmSeconds: numberAt(loading, 'warmSeconds'),
  };
}
