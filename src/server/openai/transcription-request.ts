import { languageName } from '../../model/language.js';
import { formatTranscript, type TranscriptFormat } from '../../transcript/format.js';
import type { Transcript } from '../../transcript/transcript.js';
import { RefusedField } from '../refused-field.js';
import type { Fields } from './upload-form.js';

const formats = {
  json: { format: 'json', contentType: 'application/json; charset=utf-8' },
  text: { format: 'txt', contentType: 'text/plain; charset=utf-8' },
  srt: { format: 'srt', contentType: 'application/x-subrip; charset=utf-8' },
  verbose_json: { format: 'verbose_json', contentType: 'application/json; charset=utf-8' },
  vtt: { format: 'vtt', contentType: 'text/vtt; charset=utf-8' },
} as const satisfies Readonly<Record<string, { format: TranscriptFormat; contentType: string }>>;

/** OpenAI's `response_format`. */
export type ResponseFormat = keyof typeof formats;
export const responseFormats = Object.keys(formats) as readonly ResponseFormat[];

/** What a form asks for, checked. */
export interface TranscriptionRequest {
  readonly model: string | undefined;
  readonly language: string | undefined;
  readonly prompt: string | undefined;
  readonly responseFormat: ResponseFormat;
  readonly words: boolean;
  readonly stream: boolean;
}

/** Fields that are not OpenAI's are not looked at. @throws EngineError `OPTION_INVALID` */
export function transcriptionRequest(fields: Fields): TranscriptionRequest {
  const responseFormat = choice(fields, 'response_format', responseFormats) ?? 'json';
  const stream = choice(fields, 'stream', ['true', 'false']) === 'true';
  const granularities = [
    ...(fields.get('timestamp_granularities[]') ?? []),
    ...(fields.get('timestamp_granularities') ?? []),
  ];
  const stranger = granularities.find((one) => one !== 'word' && one !== 'segment');
  if (stranger !== undefined) throw notOneOf('timestamp_granularities', stranger, ['word', 'segment']);
  if (granularities.length > 0 && responseFormat !== 'verbose_json') {
    throw new RefusedField('timestamp_granularities', 'Only `response_format` verbose_json has times to choose.');
  }
  if (stream && responseFormat !== 'json' && responseFormat !== 'text') {
    throw new RefusedField('stream', `A stream is of text; \`response_format\` ${responseFormat} comes as a whole.`);
  }
  // Decoding is always greedy, and warmer only where the text would be implausible.
  const temperature = single(fields, 'temperature');
  if (temperature !== undefined && !(Number(temperature) >= 0 && Number(temperature) <= 1)) {
    throw new RefusedField('temperature', `\`temperature\` is ${temperature}; it must be a number from 0 to 1.`);
  }
  return {
    model: single(fields, 'model'),
    language: single(fields, 'language'),
    prompt: single(fields, 'prompt'),
    responseFormat,
    words: granularities.includes('word'),
    stream,
  };
}

/** A transcript as the body of an answer. */
export function transcriptBody(transcript: Transcript, responseFormat: ResponseFormat) {
  const { format, contentType } = formats[responseFormat];
  return { contentType, body: formatTranscript(transcript, format, { languageName }) };
}

/** The value of a field; an empty one counts as none. */
function single(fields: Fields, name: string): string | undefined {
  const [value, another] = fields.get(name) ?? [];
  if (another !== undefined) throw new RefusedField(name, `\`${name}\` is given twice.`);
  return value === '' ? undefined : value;
}

function choice<Choice extends string>(fields: Fields, name: string, choices: readonly Choice[]): Choice | undefined {
  const value = single(fields, name);
  const chosen = choices.find((one) => one === value);
  if (value !== undefined && chosen === undefined) throw notOneOf(name, value, choices);
  return chosen;
}

function notOneOf(name: string, value: string, choices: readonly string[]): RefusedField {
  return new RefusedField(name, `\`${name}\` is ${JSON.stringify(value)}; it must be one of ${choices.join(', ')}.`);
}
