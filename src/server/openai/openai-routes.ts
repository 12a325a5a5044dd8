import multipart from '@fastify/multipart';
import { errorResponses, guarded } from '../open-api-parts.js';
import type { ServerParts } from '../server-parts.js';
import { responseFormats } from './transcription-request.js';
import { Transcriptions } from './transcriptions.js';
import { UploadFolder } from './upload-folder.js';

const fields = {
  file: {
    type: 'string',
    format: 'binary',
    description: 'wav, mp3, flac or ogg; with ffmpeg on the server, what that knows.',
  },
  model: {
    type: 'string',
    description:
      "The engine's model, or one of OpenAI's names for it: whisper-1, gpt-4o-transcribe, gpt-4o-mini-transcribe.",
  },
  prompt: { type: 'string', description: 'Text that goes before the audio: names, spelling, style.' },
  response_format: { type: 'string', enum: responseFormats, default: 'json' },
  temperature: {
    type: 'number',
    minimum: 0,
    maximum: 1,
    default: 0,
    description: 'Taken and not used: decoding is greedy, as with 0.',
  },
  stream: {
    type: 'boolean',
    default: false,
    description: 'The text as server-sent events while it grows; `response_format` json or text.',
  },
};
const transcriptionFields = {
  ...fields,
  language: { type: 'string', description: "A code such as de, an English name, or auto. The engine's by default." },
  'timestamp_granularities[]': {
    type: 'array',
    items: { type: 'string', enum: ['word', 'segment'] },
    description: 'With `response_format` verbose_json: word adds the words.',
  },
};

const textContent = { schema: { type: 'string' } };
const answers = {
  200: {
    description: 'The text, in the form that was asked for.',
    content: {
      'application/json': { schema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] } },
      'text/plain': textContent,
      'text/vtt': textContent,
      'application/x-subrip': textContent,
      'text/event-stream': textContent,
    },
  },
  ...errorResponses([400, 401, 404, 413, 415, 429, 500, 503, 507]),
};

/** `POST /v1/audio/transcriptions` and `/v1/audio/translations`, as OpenAI has them. */
export async function openAiRoutes(parts: ServerParts): Promise<Transcriptions> {
  const { app, clock, options } = parts;
  await app.register(multipart, { throwFileSizeLimit: false });
  const transcriptions = new Transcriptions(parts, await UploadFolder.open(options.uploadFolder, clock));
  const route = (path: string, task: 'transcribe' | 'translate', summary: string, properties: object) => {
    const schema = {
      summary,
      tags: ['audio'],
      consumes: ['multipart/form-data'],
      body: { type: 'object', properties, required: ['file'] },
      response: answers,
      ...guarded,
    };
    app.post(path, { schema }, (request, reply) => transcriptions.answer(request, reply, task));
  };
  route('/v1/audio/transcriptions', 'transcribe', 'The text of a recording, in its own language', transcriptionFields);
  route('/v1/audio/translations', 'translate', 'The text of a recording, in English', fields);
  return transcriptions;
}
