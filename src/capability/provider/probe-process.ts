import { systemClock } from '../../clock.js';
import { describe } from '../../errors.js';
import { loadAddon } from '../../provider/addon.js';
import { openEncoded } from '../../provider/audio-reader.js';
import { plainChunk } from '../../provider/plain-chunk.js';
import type { ModelUse } from '../../provider/recognition.js';
import { WhisperCpp } from '../../provider/whisper-cpp.js';
import { textOf } from '../../transcript/text-of.js';
import type { AvailableProvider, ProbeMessage, ProbeOrder, ProbeStep } from './provider-report.js';

/** The probing process: does what a slot will do, so that whatever goes wrong goes wrong here. */
async function probe({ binary, model, clip }: ProbeOrder): Promise<AvailableProvider> {
  step('binary');
  const system = loadAddon(binary).systemInformation();
  step('model');
  const start = systemClock.nowSeconds();
  const use: ModelUse = {
    ...model,
    alignment: '',
    flashAttention: false,
    gpu: process.platform === 'darwin',
    threads: 1,
  };
  const state = new WhisperCpp(use);
  const loaded = systemClock.nowSeconds();
  step('decode');
  const pcm = new Float32Array(16_000);
  const length = await openEncoded(clip).read(pcm);
  const { segments, decodeSeconds } = state.recognise(
    plainChunk(pcm.subarray(0, length)),
    new Int32Array(new SharedArrayBuffer(4)),
  );
  const text = textOf(segments);
  if (text === '') throw new Error('Half a second of speech gave no text.');
  return { kind: 'available', provider: 'whisper-cpp', system, text, loadSeconds: loaded - start, decodeSeconds };
}

function step(reached: ProbeStep): void {
  say({ kind: 'step', step: reached });
}

function say(message: ProbeMessage): void {
  process.send?.(message);
}

process.once('message', (order: ProbeOrder) => {
  probe(order)
    .then(
      (report) => say({ kind: 'done', report }),
      (error: unknown) => say({ kind: 'failed', message: causes(error) }),
    )
    .finally(() => process.disconnect());
});

function causes(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? describe(error) : causes(cause);
}
