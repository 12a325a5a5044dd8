import { describe, expect, test } from 'vitest';
import { TripWire } from '../../dist/session/trip-wire.js';

describe('the encoder context of a source', () => {
  test.each<[what: string, tripsAtSeconds: readonly number[], encoderContext: 'sized' | 'full']>([
    ['is sized at first', [], 'sized'],
    ['stays sized after one implausible text', [10], 'sized'],
    ['is full after two within a minute', [10, 69.9], 'full'],
    ['stays sized when they are a minute apart', [10, 70], 'sized'],
    ['stays sized when each is a minute after the last', [0, 60, 120, 180, 240], 'sized'],
    ['is full when any two are close', [0, 60, 120, 150], 'full'],
    ['is full for the rest of the source', [10, 20, 5000], 'full'],
    ['is full after two at one place', [30, 30], 'full'],
  ])('%s', (_what, tripsAtSeconds, encoderContext) => {
    const tripWire = new TripWire();
    for (const atSeconds of tripsAtSeconds) tripWire.trip(atSeconds);
    expect(tripWire.allowed('sized')).toBe(encoderContext);
  });
});
