import { Weights } from '../provider/weights.js';
import type { Reply, WeightsResult, WeightsTask } from './protocol.js';
import { reply } from './reply.js';

/** Reads weights away from the slots, which go on decoding and then find them in memory. Held until the thread ends. */
const held: Weights[] = [];

export default (task: WeightsTask): Promise<Reply<WeightsResult>> =>
  reply(() => {
    held.push(new Weights(task.model));
    return { kind: 'read' };
  });
