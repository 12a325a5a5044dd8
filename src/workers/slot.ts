import { BroadcastChannel, threadId, workerData } from 'node:worker_threads';
import { systemClock } from '../clock.js';
import type { ModelUse } from '../provider/recognition.js';
import { WhisperCpp } from '../provider/whisper-cpp.js';
import type { Reply, Residency, SlotMessage, SlotResult, SlotSetup, SlotTask } from './protocol.js';
import { reply } from './reply.js';

/** A slot: one thread, one decode at a time, a warmed state for every model it holds. */
const states = new Map<string, WhisperCpp>();

function stateFor(model: ModelUse): WhisperCpp {
  const key = JSON.stringify(model);
  const held = states.get(key);
  if (held) return held;
  const opened = new WhisperCpp(model);
  states.set(key, opened);
  return opened;
}

async function hold({ revision, models }: Residency): Promise<void> {
  const answer = await reply(() => {
    const wanted = new Set(models.map((model) => JSON.stringify(model)));
    for (const [key, state] of states) {
      if (wanted.has(key)) continue;
      states.delete(key);
      state.close();
    }
    return models.map((model) => stateFor(model).loading);
  });
  channel.postMessage({ kind: 'held', threadId, revision, reply: answer } satisfies SlotMessage);
}

const { channelName, residency } = workerData as SlotSetup;
const channel = new BroadcastChannel(channelName);
channel.onmessage = (event) => {
  const message = (event as { readonly data: SlotMessage }).data;
  if (message.kind === 'hold' && message.threadId === threadId) void hold(message.residency);
};
channel.unref();
// A slot that replaces a dead one is warm before it takes its first chunk.
await hold(residency);

export default (task: SlotTask): Promise<Reply<SlotResult>> =>
  reply(() => {
    const startedAtSeconds = systemClock.nowSeconds();
    return { kind: 'decode', recognition: stateFor(task.model).recognise(task.chunk, task.control), startedAtSeconds };
  });
