import { describe, expect, test } from 'vitest';
import { ByteProgress } from '../../dist/cli/byte-progress.js';
import { createProgressDisplay } from '../../dist/cli/progress.js';
import { barLine, plainLine, type Reading } from '../../dist/cli/progress-line.js';
import { transcriptionReading, transcriptionSummary } from '../../dist/cli/transcription-reading.js';
import type { Clock } from '../../dist/clock.js';
import type { Progress } from '../../dist/index.js';

const half: Progress = { doneSeconds: 30, totalSeconds: 60, fraction: 0.5 };
const unknown: Progress = { doneSeconds: 75, totalSeconds: undefined, fraction: undefined };
const halfway = transcriptionReading(half, 3);

describe('the bar', () => {
  test.each<[string, string, Progress, number, number, string]>([
    [
      'fills the terminal but its last column',
      'a.wav',
      half,
      3,
      50,
      'a.wav [########-------] 50 %  RTF 0.10  0:03 left',
    ],
    ['is at most 40 cells wide', 'a', half, 3, 200, `a [${'#'.repeat(20)}${'-'.repeat(20)}] 50 %  RTF 0.10  0:03 left`],
    ['keeps the end of a long name', 'folder/a.wav', half, 3, 44, '~er/a.wav [###--] 50 %  RTF 0.10  0:03 left'],
    ['counts wide characters twice', '日本語.wav', half, 3, 44, '~本語.wav [###--] 50 %  RTF 0.10  0:03 left'],
    ['gives up name and cells when there is no room', 'a.wav', half, 3, 30, '50 %  RTF 0.10  0:03 left'],
    ['is cut to a very narrow terminal', 'a.wav', half, 3, 11, '50 %  RTF '],
    ['has no cells while the length is unknown', 'a.wav', unknown, 7.5, 50, 'a.wav 1:15  RTF 0.10'],
    [
      'has no time left before anything is done',
      'a.wav',
      { doneSeconds: 0, totalSeconds: 60, fraction: 0 },
      3,
      24,
      'a.wav [-----------] 0 %',
    ],
    [
      'shows hours',
      'a.wav',
      { doneSeconds: 36, totalSeconds: 36_000, fraction: 0.001 },
      3.663,
      50,
      'a.wav [-------------] 0 %  RTF 0.10  1:00:59 left',
    ],
  ])('%s', (_behaviour, name, progress, elapsedSeconds, columns, expected) => {
    const line = barLine(name, transcriptionReading(progress, elapsedSeconds), columns);
    expect(line).toBe(expected);
  });

  test('never reaches the last column', () => {
    const widths = Array.from(
      { length: 120 },
      (_, columns) => columns - barLine('folder/a.wav', halfway, columns).length,
    );
    expect(widths.slice(1).filter((free) => free < 1)).toEqual([]);
  });

  test('never splits a character that takes two code units', () => {
    const lines = Array.from({ length: 80 }, (_, columns) => barLine('𠮟𠮟𠮟𠮟𠮟𠮟.wav', halfway, columns));
    expect(lines.filter((line) => /\p{Surrogate}/u.test(line))).toEqual([]);
  });

  test('never takes a line feed or an escape sequence from a file name', () => {
    expect(barLine('a\n\u001b[2J.wav', halfway, 80)).not.toMatch(/\p{Cc}/u);
    expect(plainLine('a\n.wav', halfway)).toBe('a?.wav: 50 %');
  });
});

test.each<[string, string, string]>([
  [
    'a known length as a percentage, rounded down',
    plainLine('a', transcriptionReading({ ...half, fraction: 0.999 }, 3)),
    'a: 99 %',
  ],
  ['an unknown length as the time that is done', plainLine('a', transcriptionReading(unknown, 3)), 'a: 1:15'],
  [
    'the end of a file as its length and speed',
    transcriptionSummary('a', 11, 1.32),
    'a: 11.0 s of audio in 1.3 s, RTF 0.12',
  ],
  ['the end of an empty file without a speed', transcriptionSummary('a', 0, 0.1), 'a: 0.0 s of audio in 0.1 s'],
])('a plain line shows %s', (_behaviour, line, expected) => {
  expect(line).toBe(expected);
});

class Screen implements Clock {
  written = '';
  seconds = 0;

  constructor(
    readonly isTTY: boolean,
    readonly columns = 24,
  ) {}

  nowSeconds(): number {
    return this.seconds;
  }

  after(): () => void {
    throw new Error('progress sets no timers');
  }

  write(text: string): void {
    this.written += text;
  }

  /** What was written since the last call. */
  take(): string {
    const { written } = this;
    this.written = '';
    return written;
  }
}

describe('progress away from a terminal', () => {
  test('writes a line at most every two seconds, only when it changes, and a last one', () => {
    const screen = new Screen(false);
    const file = createProgressDisplay(screen, screen).begin('a.wav');
    const shown = [1, 2, 3.9, 4, 6].map((seconds) => {
      screen.seconds = seconds;
      file.update(transcriptionReading({ ...half, fraction: seconds < 4 ? 0.5 : 0.8 }, seconds));
      return screen.take();
    });
    expect(shown).toEqual(['', 'a.wav: 50 %\n', '', 'a.wav: 80 %\n', '']);
    screen.seconds = 9;
    file.update({ fraction: 1, position: '100 %', figures: [] });
    file.end('a.wav: done');
    expect(screen.take()).toBe('a.wav: done\n');
  });

  test('writes nothing at the end of a file that failed', () => {
    const screen = new Screen(false);
    const display = createProgressDisplay(screen, screen);
    display.begin('a.wav').end();
    display.clear();
    expect(screen.take()).toBe('');
  });
});

describe('progress on a terminal', () => {
  const start: Reading = { fraction: 0, position: '0 %', figures: [] };
  const bar = (name: string) => `\r${name} [-----------] 0 %\u001b[K`;
  const erased = '\r\u001b[K';

  test('redraws at most ten times a second, and at once after it was cleared', () => {
    const screen = new Screen(true);
    const display = createProgressDisplay(screen, screen);
    const file = display.begin('a.wav');
    file.update(start);
    expect(screen.take()).toBe(bar('a.wav'));
    screen.seconds = 0.05;
    file.update(start);
    expect(screen.take()).toBe('');
    display.clear();
    display.clear();
    expect(screen.take()).toBe(erased);
    file.update(start);
    expect(screen.take()).toBe(bar('a.wav'));
  });

  test('gives the bar to the oldest file that is still running', () => {
    const screen = new Screen(true);
    const display = createProgressDisplay(screen, screen);
    const [older, newer] = [display.begin('a.wav'), display.begin('b.wav')];
    newer.update(start);
    expect(screen.take()).toBe('');
    older.update(start);
    expect(screen.take()).toBe(bar('a.wav'));
    older.end();
    expect(screen.take()).toBe(erased);
    newer.update(start);
    expect(screen.take()).toBe(bar('b.wav'));
    newer.end('b.wav: done');
    expect(screen.take()).toBe(`${erased}b.wav: done\n`);
  });
});

describe('progress in bytes', () => {
  test('has a speed and a time left', () => {
    const screen = new Screen(true, 60);
    const progress = new ByteProgress(createProgressDisplay(screen, screen), screen, 'base');
    progress.advance({ doneBytes: 20e6, totalBytes: 100e6 });
    expect(screen.take()).toBe(`\rbase [${'#'.repeat(8)}${'-'.repeat(32)}] 20 %\u001b[K`);
    screen.seconds = 2;
    progress.advance({ doneBytes: 40e6, totalBytes: 100e6 });
    expect(screen.take()).toBe(`\rbase [##########---------------] 40 %  10.0 MB/s  0:06 left\u001b[K`);
    screen.seconds = 8;
    progress.advance({ doneBytes: 100e6, totalBytes: 100e6 });
    screen.take();
    progress.done();
    expect(screen.take()).toBe('\r\u001b[Kbase: 80.0 MB in 8.0 s, 10.0 MB/s\n');
  });

  test('says nothing of what had not begun', () => {
    const screen = new Screen(true);
    const progress = new ByteProgress(createProgressDisplay(screen, screen), screen, 'base');
    progress.done();
    expect([screen.take(), progress.keptNote]).toEqual(['', undefined]);
  });

  test('says of a download that was stopped that its beginning is kept', () => {
    const screen = new Screen(false);
    const progress = new ByteProgress(createProgressDisplay(screen, screen), screen, 'base');
    progress.advance({ doneBytes: 0, totalBytes: 100e6 });
    expect(progress.keptNote).toMatch(/^base: stopped\. What has come of the 100\.0 MB is kept/u);
  });
});
