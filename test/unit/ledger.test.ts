import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Ledger, type LedgerReading, type Settlement, sumOf } from '../../dist/session/ledger.js';

const sampleRate = 16_000;
const settlements = ['transcribed', 'silent', 'gap'] as const;
type Place = 'queued' | 'spooled' | Settlement;
const places = ['queued', 'spooled', ...settlements] as const;

/** Samples in each place, as the ledger reads. */
function samplesOf(reading: LedgerReading): Record<Place | 'heard', number> {
  const samples = (key: Exclude<keyof LedgerReading, 'imbalanceSamples'>) => reading[key] * sampleRate;
  return {
    heard: samples('heardSeconds'),
    queued: samples('queuedSeconds'),
    spooled: samples('spooledSeconds'),
    transcribed: samples('transcribedSeconds'),
    silent: samples('silentSeconds'),
    gap: samples('gapSeconds'),
  };
}

function ledgerOf(heardSamples: number): Ledger {
  const ledger = new Ledger();
  ledger.hear(heardSamples);
  return ledger;
}

describe('a ledger', () => {
  test('of a track that heard nothing is all zeros', () => {
    expect(new Ledger().read()).toEqual({
      heardSeconds: 0,
      transcribedSeconds: 0,
      silentSeconds: 0,
      gapSeconds: 0,
      queuedSeconds: 0,
      spooledSeconds: 0,
      imbalanceSamples: 0,
    });
  });

  test('has all that was heard in the queue', () => {
    const ledger = ledgerOf(sampleRate);
    ledger.hear(0);
    ledger.hear(sampleRate / 2);
    expect(ledger.heardSamples).toBe(24_000);
    expect(ledger.queued).toEqual([{ startSample: 0, endSample: 24_000 }]);
    expect(ledger.read()).toMatchObject({ heardSeconds: 1.5, queuedSeconds: 1.5, imbalanceSamples: 0 });
  });

  test('settles the second utterance before the silence in front of it', () => {
    const ledger = ledgerOf(10 * sampleRate);
    ledger.settle(6 * sampleRate, 9 * sampleRate, 'transcribed');
    ledger.settle(1 * sampleRate, 3 * sampleRate, 'gap');
    expect(ledger.queued.map(({ startSample, endSample }) => [startSample, endSample])).toEqual([
      [0, 16_000],
      [48_000, 96_000],
      [144_000, 160_000],
    ]);
    ledger.settle(3 * sampleRate, 6 * sampleRate, 'silent');
    expect(ledger.read()).toEqual({
      heardSeconds: 10,
      transcribedSeconds: 3,
      silentSeconds: 3,
      gapSeconds: 2,
      queuedSeconds: 2,
      spooledSeconds: 0,
      imbalanceSamples: 0,
    });
  });

  test('follows audio to disk and back', () => {
    const ledger = ledgerOf(3 * sampleRate);
    ledger.spool(sampleRate, 3 * sampleRate);
    expect(ledger.read()).toMatchObject({ queuedSeconds: 1, spooledSeconds: 2, imbalanceSamples: 0 });
    ledger.unspool(2 * sampleRate, 3 * sampleRate);
    ledger.settle(2 * sampleRate, 3 * sampleRate, 'transcribed');
    expect(ledger.spooled).toEqual([{ startSample: sampleRate, endSample: 2 * sampleRate }]);
    expect(ledger.read()).toMatchObject({ transcribedSeconds: 1, queuedSeconds: 1, spooledSeconds: 1 });
  });

  test('can be settled while one goes through what is left', () => {
    const ledger = ledgerOf(70);
    for (const start of [10, 30, 50]) ledger.settle(start, start + 10, 'transcribed');
    for (const { startSample, endSample } of ledger.queued) ledger.settle(startSample, endSample, 'gap');
    expect(ledger.queued).toEqual([]);
    expect(ledger.read()).toMatchObject({ gapSeconds: 40 / sampleRate, queuedSeconds: 0, imbalanceSamples: 0 });
  });

  test('takes an empty stretch for nothing at all', () => {
    const ledger = ledgerOf(100);
    ledger.settle(50, 50, 'silent');
    ledger.settle(0, 100, 'silent');
    ledger.settle(100, 100, 'gap');
    ledger.spool(50, 50);
    ledger.unspool(50, 50);
    expect(ledger.queued).toEqual([]);
    expect(ledger.read()).toMatchObject({ silentSeconds: 100 / sampleRate, gapSeconds: 0, imbalanceSamples: 0 });
  });

  test.each<[what: string, wrong: (ledger: Ledger) => void]>([
    ['settle what is settled', (ledger) => ledger.settle(0, 10, 'transcribed')],
    ['settle what is settled in part', (ledger) => ledger.settle(5, 15, 'transcribed')],
    ['settle around what is settled', (ledger) => ledger.settle(20, 60, 'transcribed')],
    ['settle what is on disk', (ledger) => ledger.settle(70, 80, 'gap')],
    ['settle what was not heard', (ledger) => ledger.settle(90, 101, 'silent')],
    ['settle what is before the beginning', (ledger) => ledger.settle(-1, 0, 'silent')],
    ['settle an empty stretch beyond the end', (ledger) => ledger.settle(101, 101, 'silent')],
    ['settle backwards', (ledger) => ledger.settle(20, 10, 'silent')],
    ['settle half a sample', (ledger) => ledger.settle(10, 10.5, 'silent')],
    ['settle no number', (ledger) => ledger.settle(Number.NaN, 20, 'silent')],
    ['spool what is settled', (ledger) => ledger.spool(0, 10)],
    ['spool what is on disk', (ledger) => ledger.spool(75, 85)],
    ['unspool what is queued', (ledger) => ledger.unspool(10, 20)],
    ['unspool more than is on disk', (ledger) => ledger.unspool(70, 81)],
    ['unspool backwards', (ledger) => ledger.unspool(80, 70)],
    ['hear less than nothing', (ledger) => ledger.hear(-1)],
    ['hear half a sample', (ledger) => ledger.hear(0.5)],
    ['hear no number', (ledger) => ledger.hear(Number.NaN)],
    ['hear without end', (ledger) => ledger.hear(Number.POSITIVE_INFINITY)],
  ])('refuses to %s, and books nothing', (_what, wrong) => {
    const ledger = ledgerOf(100);
    ledger.settle(0, 10, 'silent');
    ledger.settle(40, 50, 'gap');
    ledger.spool(70, 80);
    const before = ledger.read();
    expect(() => wrong(ledger)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    expect(ledger.read()).toEqual(before);
  });

  test('of an hour in utterances stays as small as what is not settled yet', () => {
    const ledger = new Ledger();
    for (let second = 0; second < 3600; second += 1) {
      ledger.hear(sampleRate);
      const startSample = second * sampleRate;
      ledger.settle(startSample + 4000, startSample + sampleRate, 'transcribed');
      if (second >= 3) ledger.settle(startSample - 3 * sampleRate, startSample - 3 * sampleRate + 4000, 'silent');
      expect(ledger.queued.length).toBeLessThanOrEqual(4);
    }
    expect(ledger.read()).toMatchObject({ heardSeconds: 3600, transcribedSeconds: 2700, queuedSeconds: 0.75 });
  });
});

describe('the books of several tracks', () => {
  test('that are none are all zeros', () => {
    expect(sumOf([])).toEqual(new Ledger().read());
  });

  test('are the sum of theirs, to the sample', () => {
    // 1001 / 16000 * 16000 is not 1001.
    const ledger = ledgerOf(1001);
    ledger.settle(0, 1001, 'silent');
    const sum = sumOf(Array.from({ length: 16_000 }, () => ledger.read()));
    expect(sum).toEqual({ ...new Ledger().read(), heardSeconds: 1001, silentSeconds: 1001 });
  });

  test('do not hide that one of them is out of balance', () => {
    const reading = ledgerOf(10).read();
    expect(sumOf([reading, { ...reading, imbalanceSamples: 3 }]).imbalanceSamples).toBe(3);
  });
});

type Action =
  | { readonly kind: 'hear'; readonly samples: number }
  | { readonly kind: 'settle'; readonly start: number; readonly end: number; readonly as: Settlement }
  | { readonly kind: 'spool' | 'unspool'; readonly start: number; readonly end: number };

// On a line this short most stretches meet others, and what came back from disk joins what never went there.
const anyStart = fc.integer({ min: -1, max: 20 });
const anyAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hear' as const), samples: fc.nat({ max: 4 }) }) },
  {
    weight: 3,
    arbitrary: fc
      .record({ start: anyStart, length: fc.integer({ min: -1, max: 3 }), as: fc.constantFrom(...settlements) })
      .map(({ start, length, as }) => ({ kind: 'settle' as const, start, end: start + length, as })),
  },
  {
    weight: 8,
    arbitrary: fc
      .record({
        kind: fc.constantFrom('spool' as const, 'unspool' as const),
        start: anyStart,
        length: fc.integer({ min: -1, max: 4 }),
      })
      .map(({ kind, start, length }) => ({ kind, start, end: start + length })),
  },
);

/** The same books with a place written beside every sample. Says whether the action is a sound one. */
function act(line: Place[], action: Action): boolean {
  if (action.kind === 'hear') {
    line.push(...Array.from({ length: action.samples }, () => 'queued' as const));
    return true;
  }
  const { start, end } = action;
  if (start < 0 || end < start || end > line.length) return false;
  const from = action.kind === 'unspool' ? 'spooled' : 'queued';
  if (line.slice(start, end).some((place) => place !== from)) return false;
  const to = action.kind === 'settle' ? action.as : action.kind === 'spool' ? 'spooled' : 'queued';
  line.fill(to, start, end);
  return true;
}

function actOn(ledger: Ledger, action: Action): void {
  if (action.kind === 'hear') ledger.hear(action.samples);
  else if (action.kind === 'settle') ledger.settle(action.start, action.end, action.as);
  else ledger[action.kind](action.start, action.end);
}

/** Runs of one place. */
function runsOf(line: readonly Place[], place: Place) {
  const runs: { startSample: number; endSample: number }[] = [];
  line.forEach((found, sample) => {
    if (found !== place) return;
    const last = runs.at(-1);
    if (last?.endSample === sample) last.endSample += 1;
    else runs.push({ startSample: sample, endSample: sample + 1 });
  });
  return runs;
}

describe('whatever is booked, right or wrong', () => {
  test('the ledger agrees with one that has a place beside every sample', () => {
    fc.assert(
      fc.property(fc.array(anyAction, { maxLength: 80, size: 'max' }), (actions) => {
        const ledger = new Ledger();
        const line: Place[] = [];
        // Something to act on from the first.
        for (const action of [{ kind: 'hear', samples: 16 } as const, ...actions]) {
          if (act(line, action)) actOn(ledger, action);
          else expect(() => actOn(ledger, action)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
          const reading = ledger.read();
          const read = samplesOf(reading);
          for (const place of places) {
            expect(read[place]).toBeCloseTo(line.filter((found) => found === place).length, 6);
          }
          expect(read.heard).toBeCloseTo(line.length, 6);
          expect(reading.imbalanceSamples).toBe(0);
          expect(ledger.queued).toEqual(runsOf(line, 'queued'));
          expect(ledger.spooled).toEqual(runsOf(line, 'spooled'));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('every order of settling ends with nothing left', () => {
    const piece = fc.record({ length: fc.integer({ min: 1, max: 1e6 }), as: fc.constantFrom(...settlements) });
    const inAnyOrder = fc
      .array(piece, { minLength: 1, maxLength: 60 })
      .map((pieces) => {
        let end = 0;
        return pieces.map(({ length, as }) => {
          end += length;
          return { start: end - length, end, as };
        });
      })
      .chain((pieces) => fc.shuffledSubarray(pieces, { minLength: pieces.length }));
    fc.assert(
      fc.property(inAnyOrder, (pieces) => {
        const ledger = ledgerOf(Math.max(...pieces.map(({ end }) => end)));
        for (const { start, end, as } of pieces) {
          ledger.settle(start, end, as);
          expect(ledger.read().imbalanceSamples).toBe(0);
        }
        expect(ledger.queued).toEqual([]);
        expect(ledger.read().queuedSeconds).toBe(0);
      }),
    );
  });
});
