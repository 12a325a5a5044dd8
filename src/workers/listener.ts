import { systemClock } from '../clock.js';
import { EngineError } from '../errors.js';
import { type AudioReader, openEncoded, openSamples } from '../provider/audio-reader.js';
import { SpeechProbability } from '../provider/speech-probability.js';
import { openWithFfmpeg } from './ffmpeg.js';
import type { AudioBlock, AudioSource, ListenerResult, ListenerTask, Reply } from './protocol.js';
import { reply } from './reply.js';

/** The listener: one thread that decodes, resamples and listens for speech, for many inputs at a time. */
interface Listening {
  readonly reader: AudioReader;
  readonly vadPath: string;
  readonly speech: SpeechProbability;
}

const inputs = new Map<number, Listening>();
/** VAD states that no input uses now, by weights. */
const idle = new Map<string, SpeechProbability[]>();

async function openReader(source: AudioSource): Promise<AudioReader> {
  if (source.kind === 'pcm') return openSamples(source.samples, source.sampleRate, source.channels);
  const encoded = source.kind === 'file' ? source.path : source.bytes;
  try {
    return openEncoded(encoded);
  } catch (thrown) {
    if (thrown instanceof EngineError && thrown.code === 'AUDIO_UNSUPPORTED') return openWithFfmpeg(encoded);
    throw thrown;
  }
}

async function readBlock({ reader, speech }: Listening, into: Float32Array): Promise<AudioBlock> {
  const { windowSamples } = speech;
  // Whole windows only, except at the end: a padded window in mid-stream would be heard as a click.
  const wanted = Math.floor(into.length / windowSamples) * windowSamples;
  const start = systemClock.nowSeconds();
  let length = 0;
  while (length < wanted) {
    const read = await reader.read(into.subarray(length, wanted));
    if (read === 0) break;
    length += read;
  }
  const read = systemClock.nowSeconds();
  const pcm = into.subarray(0, length);
  const probabilities = speech.of(pcm);
  return {
    pcm,
    probabilities,
    windowSamples,
    isLast: length < wanted,
    audioSeconds: read - start,
    vadSeconds: systemClock.nowSeconds() - read,
  };
}

function forget(id: number): void {
  const input = inputs.get(id);
  if (!input) return;
  inputs.delete(id);
  input.reader.close();
  input.speech.reset();
  idle.set(input.vadPath, [...(idle.get(input.vadPath) ?? []), input.speech]);
}

async function run(task: ListenerTask): Promise<ListenerResult> {
  switch (task.kind) {
    case 'open': {
      const reader = await openReader(task.source);
      const speech = idle.get(task.vadPath)?.pop() ?? new SpeechProbability(task.vadPath);
      inputs.set(task.id, { reader, vadPath: task.vadPath, speech });
      return { kind: 'open' };
    }
    case 'read': {
      const input = inputs.get(task.id);
      if (!input) throw new EngineError('WORKER_DIED', 'The thread that read this audio was restarted. Try again.');
      return { kind: 'read', block: await readBlock(input, task.into) };
    }
    case 'close': {
      forget(task.id);
      return { kind: 'close' };
    }
    default:
      throw new EngineError('INTERNAL', `There is no such task: ${JSON.stringify(task satisfies never)}.`);
  }
}

export default (task: ListenerTask): Promise<Reply<ListenerResult>> => reply(() => run(task));
