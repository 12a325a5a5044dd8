import { describe, expect, test } from 'vitest';
import { frame, type Look, line, type Paint } from '../../examples/overload/view.mjs';

const rungs = [
  { name: 'requested', load: 2.5 },
  { name: 'smaller model', load: 0.74 },
  { name: 'only critical', load: null },
];
const look: Look = {
  seconds: 31.4,
  act: 'OVERLOAD: 51 sources speak; rung 0 carries 20 on this machine.',
  policy: 'Policy: the standard one.',
  rung: 1,
  decided: 1,
  rungs,
  slots: { busy: 1, total: 2 },
  queue: { utterances: 12, oldestSeconds: 3.21 },
  latency: { p50: 0.84, p95: 1.96 },
  heard: `critical 1: ${'word '.repeat(60)}`,
  groups: [
    {
      priority: 'critical',
      speaking: 13,
      service: 'decoded',
      toldSeconds: 118,
      pendingSeconds: 32,
      spooledSeconds: 0,
      lostSeconds: 0,
    },
    {
      priority: 'normal',
      speaking: 25,
      service: 'on disk',
      toldSeconds: 94,
      pendingSeconds: 5,
      spooledSeconds: 104,
      lostSeconds: 0,
    },
  ],
  entries: Array.from({ length: 9 }, (_, at) => ({
    seconds: at,
    from: at,
    to: at + 1,
    reason: `Decision ${at}: ${'the 51 sources need 5.28 of the 2 slots; '.repeat(3)}`.trim(),
  })),
};
const rungLineOf = (lines: readonly string[], rung: number) =>
  lines.find((text) => text.includes(rungs[rung]?.name ?? '')) ?? '';
const filled = (text: string) => text.split('█').length - 1;

describe('the view of examples/overload.mjs', () => {
  test.each([
    [59, 24],
    [80, 24],
    [100, 34],
    [300, 80],
  ])('of %i columns and %i rows fits, and ends with the latest decision', (columns, rows) => {
    const lines = frame(look, { columns, rows });
    expect(lines.length).toBeLessThan(rows);
    expect(Math.max(...lines.map((text) => text.length))).toBeLessThanOrEqual(columns);
    expect(lines.join(' ')).toContain('Decision 8');
  });

  test('has a bar for the load of each rung, none where it is unknown, and marks the one in force', () => {
    const lines = frame(look, { columns: 100, rows: 34 });
    expect(filled(rungLineOf(lines, 0))).toBeGreaterThan(3 * filled(rungLineOf(lines, 1)));
    expect(filled(rungLineOf(lines, 2))).toBe(0);
    expect(lines.filter((text) => text.includes('▶'))).toEqual([rungLineOf(lines, 1)]);
  });

  test('stays in its columns when a load is beyond all bars', () => {
    const lines = frame({ ...look, rungs: [{ name: 'requested', load: 1e9 }] }, { columns: 60, rows: 24 });
    expect(Math.max(...lines.map((text) => text.length))).toBeLessThanOrEqual(60);
  });

  test('has the same text with colours', () => {
    const ink = (text: string) => `<${text}>`;
    const paint: Paint = { bold: ink, dim: ink, red: ink, yellow: ink, green: ink };
    const terminal = { columns: 80, rows: 30 };
    const painted = frame(look, { ...terminal, paint }).map((text) => text.replace(/[<>]/g, ''));
    expect(painted).toEqual(frame(look, terminal));
  });

  test('is one line elsewhere, with the load in force and the one as requested', () => {
    const text = line(look);
    expect(text).not.toContain('\n');
    expect(text).toContain('rung 1 smaller model');
    expect(text).toContain('load 0.74 (2.50 on rung 0)');
    expect(text).toContain('13 critical decoded, 25 normal on disk');
  });

  test('says so before anything is known', () => {
    const early = {
      ...look,
      rungs: [{ name: 'requested', load: null }],
      rung: 0,
      latency: undefined,
      entries: [],
    };
    expect(line(early)).toContain('load –');
    expect(frame(early, { columns: 60, rows: 24 }).join('\n')).toContain('none yet');
  });
});
