import { systemClock } from '../clock.js';
import { EngineError } from '../errors.js';
import type { NativeVad } from '../provider/addon.js';
import { type AudioReader, openEncoded, openSamples } from '../provider/audio-reader.js';
import { openVad, SpeechProbability } from '../provider/speech-probability.js';
import { type StreamFormat, trackCount } from '../provider/stream-format.js';
import { openWithFfmpeg } from './ffmpeg.js';
import { LiveInput } from './live-input.js';
import type { AudioBlock, AudioSource, ListenerResult, ListenerTask, Reply } from './protocol.js';
import { reply } from './reply.js';

/** The listener: one thread that decodes, resamples and listens for speech, for many inputs at a time. */
interface Listening {
  readonly reader: AudioReader;
  readonly speech: SpeechProbability;
}

interface LiveListening {
  readonly input: LiveInput;
  /** One a track. */
  readonly speeches: readonly SpeechProbability[];
}

const inputs = new Map<number, Listening>();
const liveInputs = new Map<number, LiveListening>();
/** By their files, for all inputs. */
const vads = new Map<string, NativeVad>();

function speechBy(vadPath: string): SpeechProbability {
  let vad = vads.get(vadPath);
  if (!vad) {
    vad = openVad(vadPath);
    vads.set(vadPath, vad);
  }
  return new SpeechProbability(vad);
}

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

function openLive(id: number, format: StreamFormat, vadPath: string): number {
  const speeches = Array.from({ length: trackCount(format) }, () => speechBy(vadPath));
  liveInputs.set(id, { input: new LiveInput(format, speeches), speeches });
  return speeches[0]?.windowSamples ?? 0;
}

async function forget(id: number): Promise<void> {
  const input = inputs.get(id);
  if (input) {
    inputs.delete(id);
    input.reader.close();
    input.speech.close();
  }
  const live = liveInputs.get(id);
  if (live) {
    liveInputs.delete(id);
    await live.input.close();
    for (const speech of live.speeches) speech.close();
  }
}

function restarted(): EngineError {
  return new EngineError('WORKER_DIED', 'The thread that read this audio was restarted. Try again.');
}

async function run(task: ListenerTask): Promise<ListenerResult> {
  switch (task.kind) {
    case 'open': {
      const speech = speechBy(task.vadPath);
      inputs.set(task.id, { reader: await openReader(task.source), speech });
      return { kind: 'open' };
    }
    case 'read': {
      const input = inputs.get(task.id);
      if (!input) throw restarted();
      return { kind: 'read', block: await readBlock(input, task.into) };
    }
    case 'open-live':
      return { kind: 'open-live', windowSamples: openLive(task.id, task.format, task.vadPath) };
    case 'hear': {
      const live = liveInputs.get(task.id);
      if (!live) throw restarted();
      return { kind: 'hear', blocks: await live.input.hear(task.bytes, task.isLast, task.format) };
    }
    case 'close': {
      await forget(task.id);
      return { kind: 'close' };
    }
    default:
      throw new EngineError('INTERNAL', `There is no such task: ${JSON.stringify(task satisfies never)}.`);
  }
}

export default (task: ListenerTask): Promise<Reply<ListenerResult>> => reply(() => run(task));
