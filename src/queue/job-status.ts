import type { Job } from 'bullmq';
import type { Transcript } from '../transcript/transcript.js';
import { type FailureReason, readReason } from './failure-reason.js';
import type { JobRequest } from './job-request.js';

/** Where a job stands. */
export type JobStatus =
  /** Never enqueued, removed, forgotten after its time, or lost with a database that keeps nothing. */
  | { readonly state: 'unknown' }
  /** `after` is there between two tries, with the reason of the last one. */
  | {
      readonly state: 'waiting';
      readonly attemptsMade: number;
      readonly after?: Date;
      readonly reason?: FailureReason;
    }
  /** `fraction` of the audio is done, 0 … 1; absent until its end has been read. */
  | { readonly state: 'active'; readonly attemptsMade: number; readonly fraction?: number }
  | { readonly state: 'done'; readonly finishedAt: Date; readonly transcript: Transcript }
  | {
      readonly state: 'dead';
      readonly attemptsMade: number;
      readonly finishedAt: Date;
      readonly reason: FailureReason;
    };

export type StoredJob = Job<JobRequest, Transcript>;

/** @param state - BullMQ's word for it */
export function readStatus(job: StoredJob | undefined, state: string): JobStatus {
  if (!job) return { state: 'unknown' };
  const { attemptsMade, progress } = job;
  const finishedAt = new Date(job.finishedOn ?? 0);
  switch (state) {
    case 'completed':
      return { state: 'done', finishedAt, transcript: job.returnvalue };
    case 'failed':
      return { state: 'dead', attemptsMade, finishedAt, reason: readReason(job.failedReason) };
    case 'active':
      return { state: 'active', attemptsMade, ...(typeof progress === 'number' && { fraction: progress }) };
    case 'delayed':
      return {
        state: 'waiting',
        attemptsMade,
        after: new Date((job.processedOn ?? job.timestamp) + job.delay),
        reason: readReason(job.failedReason),
      };
    case 'waiting':
    case 'prioritized':
      return { state: 'waiting', attemptsMade };
    default:
      return { state: 'unknown' };
  }
}
