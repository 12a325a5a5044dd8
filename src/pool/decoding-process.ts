import { writeFileSync } from 'node:fs';
import { systemClock } from '../clock.js';
import { EngineError } from '../errors.js';
import { loadAddon } from '../provider/addon.js';
import type { Decode } from '../provider/decode.js';
import type { ModelUse } from '../provider/recognition.js';
import type { Answer, DecodeRequest, Request } from '../provider/subprocess/protocol.js';
import { Weights } from '../provider/weights.js';
import { whisperCppCapabilities } from '../provider/whisper-cpp-capabilities.js';
import { serveHost } from './host-service.js';
import { PcmBuffers } from './pcm-buffers.js';
import type { OpenSettings } from './process-pool.js';
import { SlotPool } from './slot-pool.js';

/** A process that decodes for a host: whisper.cpp behind the protocol, with slots that share their weights. */
const slots = Number(process.argv[2]);
const pool = new SlotPool(slots);
const buffers = new PcmBuffers();
const models = new Map<number, ModelUse>();
const underWay = new Map<number, Decode>();

// Ctrl-C and service managers reach the host's children, too; what becomes of this one is for the host to say.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
dieFirst();
const { whisperVersion, backends } = loadAddon().systemInformation();
const backend = backends.map(({ description }) => description).join(', ');
serveHost({
  hello: { provider: 'whisper-cpp', version: whisperVersion, backend, credit: slots },
  unexpected: ['INTERNAL', 'The decoding process met an unexpected error.'],
  memoryFor: (samples) => buffers.takeFor(samples),
  open,
  close,
  decode,
  stop: (id) => underWay.get(id)?.stop(),
});

async function open({ id, model }: Request & { readonly kind: 'open' }): Promise<Answer> {
  const { use, inTurn } = model as unknown as OpenSettings;
  const loading = await pool.load(use, { inTurn, beside: underWay.size > 0 });
  models.set(id, use);
  // They are in memory by now.
  const weights = new Weights(use);
  const capabilities = whisperCppCapabilities(weights.context.multilingual);
  weights.close();
  return { kind: 'opened', id, capabilities, loading };
}

async function close({ id, model }: Request & { readonly kind: 'close' }): Promise<Answer> {
  await pool.unload(modelOf(model));
  models.delete(model);
  return { kind: 'closed', id };
}

async function decode(request: DecodeRequest, pcm: Float32Array | undefined): Promise<Answer> {
  if (!pcm) throw new EngineError('AUDIO_INVALID', 'A chunk may be 30 s long.');
  const { id, model, deadlineSeconds = Number.POSITIVE_INFINITY } = request;
  const deadlineAtSeconds = systemClock.nowSeconds() + deadlineSeconds;
  try {
    const decoding = pool.decode(modelOf(model), { ...request, pcm, deadlineAtSeconds });
    underWay.set(id, decoding);
    return { kind: 'decoded', id, recognition: (await decoding.outcome).recognition };
  } finally {
    underWay.delete(id);
    buffers.give(pcm);
  }
}

function modelOf(id: number): ModelUse {
  const use = models.get(id);
  if (!use) throw new EngineError('MODEL_NOT_READY', `No model was opened as ${id}.`);
  return use;
}

/** When memory runs out, the kernel is to take this process, and not its host. */
function dieFirst(): void {
  try {
    if (process.platform === 'linux') writeFileSync('/proc/self/oom_score_adj', '500');
  } catch {
    // A sandbox may forbid it: then the kernel takes whom it likes.
  }
}
