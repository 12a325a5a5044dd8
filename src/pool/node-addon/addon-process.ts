import { readFileSync, writeSync } from 'node:fs';
import { systemClock } from '../../clock.js';
import { describe, EngineError } from '../../errors.js';
import { sampleRate } from '../../provider/audio-format.js';
import { encoderContextFor } from '../../provider/encoder-context.js';
import type { Answer, DecodeRequest, Request } from '../../provider/subprocess/protocol.js';
import { serveHost } from '../host-service.js';
import { AddonCaller } from './addon-caller.js';
import type { AddonOptions, AddonSettings } from './addon-messages.js';
import { type AddonRow, segmentsOf } from './addon-rows.js';

/** A process that decodes for a host: whisper-node-addon behind the protocol, in yet another process that may be killed. */
const [main = '', version = '', device = 'CPU'] = process.argv.slice(2);

/** For a Node and a binary of 2 MB. The host waits longer, so that nothing that hangs is left behind. */
const startSeconds = 30;
const longestSamples = 30 * sampleRate;
/** It says nothing about less than a second. */
const shortestSamples = 1.1 * sampleRate;
const failed = 3;
/** Half a second of speech: 16-bit samples behind 44 bytes. */
const clip = new URL('../../../assets/half-second.wav', import.meta.url);

const models = new Map<number, AddonSettings>();
const stops = new Map<number, AbortController>();
let turn: Promise<unknown> = Promise.resolve();

// Ctrl-C reaches the whole process group; what becomes of this process is for its host to say.
process.on('SIGINT', () => undefined);
let caller = start();
void caller.then(serve);

function serve(): void {
  serveHost({
    hello: { provider: 'whisper-node-addon', version, backend: device, credit: 1 },
    unexpected: ['DECODE_FAILED', 'whisper-node-addon failed.'],
    memoryFor: (samples) =>
      samples > longestSamples ? undefined : new Float32Array(Math.max(samples, shortestSamples)),
    open,
    close,
    decode,
    stop: (id) => stops.get(id)?.abort(),
  });
}

/** It never says that a model could not be loaded: then there is no text, and no error. So it has to show some once. */
async function open({ id, model }: Request & { readonly kind: 'open' }): Promise<Answer> {
  const settings = model as unknown as AddonSettings;
  const asked = { ...use(settings), language: 'en', translate: false, audio_ctx: 0 };
  const load = await timed({ ...asked, pcmf32: new Float32Array(1) });
  const warm = await timed({ ...asked, pcmf32: speech() });
  if (warm.rows.length === 0) {
    throw new EngineError('MODEL_LOAD_FAILED', `whisper-node-addon makes no text with ${settings.path}.`);
  }
  models.set(id, settings);
  const times = { contextSeconds: load.seconds, stateSeconds: 0, warmSeconds: warm.seconds };
  return { kind: 'opened', id, capabilities: settings.capabilities, loading: [{ weightsRead: true, ...times }] };
}

function close({ id, model }: Request & { readonly kind: 'close' }): Promise<Answer> {
  models.delete(model);
  return Promise.resolve({ kind: 'closed', id });
}

async function decode(request: DecodeRequest, pcm: Float32Array | undefined): Promise<Answer> {
  const { id, samples, language, translate } = request;
  const settings = models.get(request.model);
  if (!settings) throw new EngineError('MODEL_NOT_READY', `No model was opened as ${request.model}.`);
  if (!pcm || samples === 0) throw new EngineError('AUDIO_INVALID', 'A chunk must be from 1 sample to 30 s long.');
  if (!pcm.every(Number.isFinite)) throw new EngineError('AUDIO_INVALID', 'A sample of the chunk is no number.');
  if (!settings.capabilities.languages.includes(language)) {
    // It would end its process.
    throw new EngineError('LANGUAGE_UNSUPPORTED', `The model does not speak \`${language}\`.`);
  }
  const encoderContext = encoderContextFor(request.encoderContext, pcm.length / sampleRate);
  const stop = new AbortController();
  stops.set(id, stop);
  try {
    const options = { ...use(settings), pcmf32: pcm, language, translate, audio_ctx: encoderContext };
    const { rows, seconds } = await timed(options, stop.signal);
    const segments = segmentsOf(rows, request.speechEndSeconds);
    const spoken = language === 'auto' ? 'und' : language;
    return { kind: 'decoded', id, recognition: { segments, language: spoken, encoderContext, decodeSeconds: seconds } };
  } finally {
    stops.delete(id);
  }
}

function use({ path }: AddonSettings) {
  return { model: path, use_gpu: device !== 'CPU', fname_inp: 'pcmf32' };
}

function speech(): Float32Array {
  const bytes = readFileSync(clip).subarray(44);
  const sampleAt = (_: unknown, at: number) => (2 * at < bytes.length ? bytes.readInt16LE(2 * at) / 32_768 : 0);
  return Float32Array.from({ length: shortestSamples }, sampleAt);
}

/** What it says, and how long that took: it reads its model every time. Only a decode can be stopped. */
function timed(options: AddonOptions, signal?: AbortSignal): Promise<{ rows: readonly AddonRow[]; seconds: number }> {
  const done = turn.then(async () => {
    const current = await caller;
    const startedAtSeconds = systemClock.nowSeconds();
    const rows = await unlessStopped(current, options, signal);
    return { rows, seconds: systemClock.nowSeconds() - startedAtSeconds };
  });
  turn = done.catch(() => undefined);
  return done;
}

async function unlessStopped(
  current: AddonCaller,
  options: AddonOptions,
  signal: AbortSignal | undefined,
): Promise<readonly AddonRow[]> {
  const aborted = new EngineError('ABORTED', 'The decode was stopped.');
  if (signal?.aborted === true) throw aborted;
  const stopped = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => {
      current.kill();
      caller = start();
      reject(aborted);
    });
  });
  return await Promise.race([current.transcribe(options), stopped]);
}

/** Resolves when the package is loaded. When it cannot be, or dies later, this process ends. */
function start(): Promise<AddonCaller> {
  return new Promise((resolve) => {
    const fail = (reason: string) => {
      stopTimer();
      started.kill();
      leave(reason);
    };
    const started = new AddonCaller(main, fail);
    const hung = `It hung: it was not loaded within ${startSeconds} s.`;
    const stopTimer = systemClock.after(startSeconds, () => fail(hung));
    started.ready.then(
      () => {
        stopTimer();
        resolve(started);
      },
      (error: unknown) => fail(describe(error)),
    );
  });
}

/** With nothing left to read, it ends. Its host starts another one, if that is of use. */
function leave(reason: string): void {
  writeSync(2, `${reason}\n`);
  process.exitCode = failed;
  process.stdin.destroy();
}
