import { workerData } from 'node:worker_threads';
import { systemClock } from '../clock.js';
import { EngineError } from '../errors.js';
import type { ModelUse } from '../provider/recognition.js';
import { WhisperCpp } from '../provider/whisper-cpp.js';
import type { Reply, SlotResult, SlotSetup, SlotTask } from './protocol.js';
import { reply } from './reply.js';

/** A slot: one thread, one decode at a time, a warmed state for every model it serves. */
const states = new Map<string, WhisperCpp>();
/** Long enough for every slot to come up on a busy machine; a slot that died must not hold up the others for ever. */
const rendezvousMilliseconds = 30_000;

function stateFor(model: ModelUse): WhisperCpp {
  const key = JSON.stringify(model);
  const held = states.get(key);
  if (held) return held;
  const opened = new WhisperCpp(model);
  states.set(key, opened);
  return opened;
}

function run(task: SlotTask): SlotResult {
  switch (task.kind) {
    case 'load': {
      meet(task.arrivals, task.slots);
      return { kind: 'load', loading: stateFor(task.model).loading };
    }
    case 'decode': {
      const startedAtSeconds = systemClock.nowSeconds();
      const recognition = stateFor(task.model).recognise(task.chunk, task.control);
      return { kind: 'decode', recognition, startedAtSeconds };
    }
    default:
      throw new EngineError('INTERNAL', `There is no such task: ${JSON.stringify(task satisfies never)}.`);
  }
}

/** Waits until all slots are here: a pool gives a task to any free worker, and each is to load exactly once. */
function meet(arrivals: Int32Array, slots: number): void {
  let here = Atomics.add(arrivals, 0, 1) + 1;
  Atomics.notify(arrivals, 0);
  while (here < slots) {
    if (Atomics.wait(arrivals, 0, here, rendezvousMilliseconds) === 'timed-out') return;
    here = Atomics.load(arrivals, 0);
  }
}

// A slot that replaces a dead one is warm before it takes its first chunk. What cannot be loaded here is reported
// by the chunk that needs it.
for (const model of (workerData as SlotSetup).resident) await reply(() => void stateFor(model));

export default (task: SlotTask): Promise<Reply<SlotResult>> => reply(() => run(task));
