import { createReadStream } from 'node:fs';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wordErrors } from '../../bench/wer.mjs';
import { createServer, type WhisperpoolServer } from '../../dist/server/index.js';
import { bundled, jfkSays, referenceOf, spoken } from './clips.js';

let server: WhisperpoolServer;
let openai: OpenAI;
beforeAll(async () => {
  server = await createServer({ port: 0, engine: { model: 'base', calibrate: false }, page: false });
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
});
afterAll(() => server.close());

const model = 'whisper-1';
const clip = (name: string) => createReadStream(bundled(name));

describe('the official client', () => {
  test('gets the text of a recording', async () => {
    const { text } = await openai.audio.transcriptions.create({ file: clip('jfk.wav'), model });
    expect(spoken(text)).toContain(jfkSays);
  });

  test.each([
    ['text', /^Mr\. Quilter .*\.\n$/su],
    ['srt', /^1\n00:00:00,\d{3} --> 00:00:\d{2},\d{3}\nMr\. /u],
    ['vtt', /^WEBVTT\n\n00:00:00\.\d{3} --> 00:00:\d{2}\.\d{3}\nMr\. /u],
  ] as const)('gets it as %s', async (response_format, form) => {
    const text = await openai.audio.transcriptions.create({ file: clip('leopard_en.wav'), model, response_format });
    expect(text).toMatch(form);
  });

  test('gets words and segments with their times', async () => {
    const { duration, language, text, segments, words } = await openai.audio.transcriptions.create({
      file: clip('jfk.wav'),
      model: 'base',
      response_format: 'verbose_json',
      timestamp_granularities: ['word', 'segment'],
      language: 'en',
      prompt: 'A speech of the president.',
      temperature: 0,
    });
    expect({ duration, language }).toEqual({ duration: 11, language: 'english' });
    expect(segments?.map((segment) => segment.text).join(' ')).toBe(text);
    expect(spoken((words ?? []).map(({ word }) => word).join(' '))).toContain(jfkSays);
    expect(words?.every(({ start, end }) => start >= 0 && end >= start && end <= 11)).toBe(true);
  });

  test('gets no words that it did not ask for', async () => {
    const file = clip('leopard_en.wav');
    const transcription = await openai.audio.transcriptions.create({ file, model, response_format: 'verbose_json' });
    expect(transcription).not.toHaveProperty('words');
  });

  test('gets the text while it grows', async () => {
    const stream = await openai.audio.transcriptions.create({ file: clip('harvard_8k.wav'), model, stream: true });
    const deltas: string[] = [];
    const done: string[] = [];
    for await (const event of stream) {
      if (event.type === 'transcript.text.delta') deltas.push(event.delta);
      if (event.type === 'transcript.text.done') done.push(event.text);
    }
    expect(deltas.length).toBeGreaterThan(1);
    expect(done).toEqual([deltas.join('')]);
    const { edits, length } = wordErrors(referenceOf('harvard_8k'), done[0] ?? '', 'en');
    expect(edits / length).toBeLessThanOrEqual(0.1);
  });

  test('gets German as it is, and in English', async () => {
    const german = await openai.audio.transcriptions.create({ file: clip('leopard_de.wav'), model });
    const english = await openai.audio.translations.create({ file: clip('leopard_de.wav'), model });
    expect(spoken(german.text)).toContain('der hinter diesem portal');
    expect(spoken(english.text)).toContain('portal was used as');
  });

  test('is told what was wrong, in its own error classes', async () => {
    const jfk = () => clip('jfk.wav');
    const refused = (body: Partial<OpenAI.Audio.TranscriptionCreateParamsNonStreaming>) =>
      openai.audio.transcriptions.create({ file: jfk(), model, ...body }).catch((error: unknown) => error);
    const noAudio = await toFile(Buffer.from('This is a letter.'), 'letter.wav');
    expect(await refused({ model: 'large-v3' })).toMatchObject({ status: 404, code: 'MODEL_UNKNOWN', param: 'model' });
    expect(await refused({ model: 'large-v3' })).toBeInstanceOf(OpenAI.NotFoundError);
    expect(await refused({ language: 'klingon' })).toMatchObject({ status: 400, code: 'LANGUAGE_UNKNOWN' });
    expect(await refused({ temperature: 2 })).toMatchObject({ status: 400, param: 'temperature' });
    expect(await refused({ timestamp_granularities: ['word'] })).toBeInstanceOf(OpenAI.BadRequestError);
    expect(await refused({ response_format: 'diarized_json' })).toMatchObject({ param: 'response_format' });
    expect(await refused({ file: noAudio })).toMatchObject({ status: 400, type: 'invalid_request_error' });
  });

  test('is told in a stream, too, what was wrong', async () => {
    const file = await toFile(Buffer.alloc(0), 'nothing.wav');
    const stream = openai.audio.transcriptions.create({ file, model, stream: true });
    await expect(stream).rejects.toMatchObject({ status: 400, code: 'AUDIO_EMPTY' });
  });

  test('sees the model of the engine, and no other', async () => {
    expect((await openai.models.list()).data).toEqual([
      { id: 'base', object: 'model', created: expect.any(Number), owned_by: 'whisperpool' },
    ]);
    expect(await openai.models.retrieve('base')).toMatchObject({ id: 'base', object: 'model' });
    await expect(openai.models.retrieve('tiny.en')).rejects.toMatchObject({ status: 404, code: 'MODEL_UNKNOWN' });
  });
});

describe('a server', () => {
  const get = async (path: string, headers = {}) => {
    const response = await fetch(server.url + path, { headers });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  test('says that it is alive, and ready', async () => {
    expect(await get('/health/live')).toMatchObject({ status: 200, text: '{"status":"live"}' });
    const { status, text } = await get('/health/ready');
    expect({ status, body: JSON.parse(text) as unknown }).toEqual({
      status: 200,
      body: { status: 'ready', level: 3, model: 'base', variant: 'q8_0' },
    });
  });

  test('is not ready while it has no model', async () => {
    await using lazy = await createServer({ port: 0, engine: { model: 'base', start: 'lazy', calibrate: false } });
    const response = await fetch(`${lazy.url}/health/ready`);
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 503,
      body: { status: 'idle', level: 0 },
    });
  });

  test('has metrics for Prometheus', async () => {
    const { headers, text } = await get('/metrics');
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/u);
    expect(text).toContain('whisperpool_slots{engine="default"}');
  });

  test('describes every route that it has', async () => {
    const { text } = await get('/openapi.json');
    const document = JSON.parse(text) as { openapi: string; paths: Record<string, object> };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.entries(document.paths).map(([path, methods]) => [path, Object.keys(methods)])).toEqual(
      expect.arrayContaining([
        ['/v1/audio/transcriptions', ['post']],
        ['/v1/audio/translations', ['post']],
        ['/v1/models', ['get']],
        ['/v1/models/{id}', ['get']],
        ['/health/live', ['get']],
        ['/health/ready', ['get']],
        ['/metrics', ['get']],
      ]),
    );
  });

  test('sends headers that keep browsers from guessing and framing, and lets no other origin in', async () => {
    const { headers } = await get('/health/live', { origin: 'https://elsewhere.example' });
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.has('access-control-allow-origin')).toBe(false);
  });

  test('lets the pages of an origin in that it was told', async () => {
    const corsOrigins = ['https://app.example'];
    await using open = await createServer({ port: 0, engine: { model: 'base', start: 'lazy' }, corsOrigins });
    const origins = ['https://app.example', 'https://elsewhere.example'];
    const answers = await Promise.all(
      origins.map((origin) => fetch(`${open.url}/health/live`, { headers: { origin } })),
    );
    expect(answers.map(({ headers }) => headers.get('access-control-allow-origin'))).toEqual([origins[0], null]);
  });

  test('says which port it could not have', async () => {
    const port = Number(new URL(server.url).port);
    const second = createServer({ port, engine: { model: 'base', start: 'lazy' } });
    await expect(second).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('EADDRINUSE'),
    });
  });

  test('answers what it does not have in the same form', async () => {
    const { status, text } = await get('/v1/chat/completions?key=secret');
    expect(status).toBe(404);
    expect(JSON.parse(text)).toMatchObject({ error: { type: 'invalid_request_error', param: null } });
    expect(text).not.toContain('secret');
  });
});
