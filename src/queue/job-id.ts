import { createHash } from 'node:crypto';
import type { JobRequest } from './job-request.js';

/** The same audio, model and options have the same id, whoever enqueues them and in whatever order they are named. */
export function jobId(model: string, { identity, decoding }: Pick<JobRequest, 'identity' | 'decoding'>): string {
  const { language, task, prompt, words, beamSize } = decoding;
  const parts = [identity, model, language, task, prompt, words, beamSize];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
