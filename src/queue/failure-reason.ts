import type { EngineError, EngineErrorCode } from '../errors.js';
import { retryTable } from './retry-table.js';

/** Why a job is dead. */
export interface FailureReason {
  readonly code: EngineErrorCode;
  readonly message: string;
}

/** BullMQ keeps one text of a failed job. */
export function writeReason({ code, message }: EngineError): string {
  return `${code}: ${message}`;
}

export function readReason(text: string | undefined): FailureReason {
  const [, code = '', message = ''] = /^([A-Z_]+): (.*)$/s.exec(text ?? '') ?? [];
  if (isCode(code)) return { code, message };
  if (text?.includes('stalled')) {
    return {
      code: 'WORKER_DIED',
      message: 'Every worker that had this job ended or stood still before it was done. Look at what the audio is.',
    };
  }
  return { code: 'INTERNAL', message: text ?? 'No reason was written down.' };
}

function isCode(text: string): text is EngineErrorCode {
  return Object.hasOwn(retryTable, text);
}
