import { isRecord, JsonMemory } from '../json-memory.js';
import type { Measurement } from './measurement.js';

/** In the cache folder. */
export const calibrationFile = 'calibration.json';

/** What was measured, for later processes. */
export const calibrationMemory = new JsonMemory<readonly Measurement[]>({
  fileName: calibrationFile,
  formatVersion: 1,
  isValue: (value): value is readonly Measurement[] => Array.isArray(value) && value.every(isMeasurement),
});

function isMeasurement(value: unknown): value is Measurement {
  if (!isRecord(value) || !isCandidate(value['candidate'])) return false;
  switch (value['kind']) {
    case 'measured':
      return Array.isArray(value['trials']) && value['trials'].every(isTrial);
    case 'invalid':
      return typeof value['reason'] === 'string';
    default:
      return value['kind'] === 'unmeasured';
  }
}

function isCandidate(value: unknown): boolean {
  const counts = ['slots', 'threadsPerSlot', 'memoryBytes'];
  return isRecord(value) && counts.every((name) => isPositive(value[name]));
}

function isTrial(value: unknown): boolean {
  return isRecord(value) && isPositive(value['audioSeconds']) && isPositive(value['wallSeconds']);
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && value > 0;
}
