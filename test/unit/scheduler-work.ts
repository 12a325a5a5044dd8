import type { Work } from '../../dist/scheduler/work.js';
import { english } from './scripted-slots.js';

/** Work that can be told from other by the prompt of its chunk: a piece of a file, if nothing else is said. */
export function workNamed(name: string, more: Partial<Work> = {}): Work {
  return {
    kind: 'piece',
    audioSeconds: 1,
    dueAtSeconds: Number.POSITIVE_INFINITY,
    chunk: () => ({ ...english, prompt: name, pcm: new Float32Array(0), speechEndSeconds: 1 }),
    ...more,
  };
}
