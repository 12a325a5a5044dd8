import { systemClock } from '../clock.js';
import { EngineError } from '../errors.js';
import { sampleRate } from '../provider/audio-format.js';
import { type AudioReader, openEncoded, openSamples } from '../provider/audio-reader.js';
import { SpeechProbability } from '../provider/speech-probability.js';
import { openWithFfmpeg } from './ffmpeg.js';
import type { AudioBlock, AudioSource, ListenerResult, ListenerTask, Reply } from './protocol.js';
import { reply } from './reply.js';

/** The listener: one thread that decodes, resamples and listens for speech, for many inputs at a time. */
interface Listening {
  readonly reader: AudioReader;
  /** Samples that came with the last block and belong to the next. */
  pending: Float32Array;
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

async function readBlock(input: Listening, seconds: number): Promise<AudioBlock> {
  const { windowSamples } = input.speech;
  // Whole windows only, except at the end: a padded window in mid-stream would be heard as a click.
  const wanted = Math.ceil((seconds * sampleRate) / windowSamples) * windowSamples;
  const start = systemClock.nowSeconds();
  const pcm = new Float32Array(new SharedArrayBuffer(wanted * Float32Array.BYTES_PER_ELEMENT));
  let length = 0;
  while (length < wanted) {
    const part = input.pending.length > 0 ? input.pending : await input.reader.read(wanted - length);
    if (part.length === 0) break;
    const taken = part.subarray(0, wanted - length);
    input.pending = part.subarray(taken.length);
    pcm.set(taken, length);
    length += taken.length;
  }
  const read = systemClock.nowSeconds();
  const block = pcm.subarray(0, length);
  const probabilities = input.speech.of(block);
  return {
    pcm: block,
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
      inputs.set(task.id, { reader, pending: new Float32Array(0), vadPath: task.vadPath, speech });
      return { kind: 'open' };
    }
    case 'read': {
      const input = inputs.get(task.id);
      if (!input) throw new EngineError('WORKER_DIED', 'The thread that read this audio was restarted. Try again.');
      return { kind: 'read', block: await readBlock(input, task.seconds) };
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
