import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../bench/markdown.mjs';
import { reportPage } from '../../bench/report/page.mjs';
import { readPublished } from '../../bench/report/published.mjs';
import { README_PLOTS } from '../../bench/report/readme-plots.mjs';
import { atLeast, atMost, figure, missing } from '../../bench/result.mjs';
import { spreadOf } from '../../bench/spread.mjs';
import { hasChromium, startChromium } from '../chromium.js';
import { type PageLook, pageLook } from '../page-look.js';
import { openWatched } from '../watched-page.js';

/** What a run on a machine without Python may give; its texts try to be more than texts. */
const peers: Result = {
  benchmark: 'peers',
  title: 'Peers: <b>the same work</b> & more',
  command: 'npm run bench -- peers',
  date: '2025-01-01T10:20:30.000Z',
  durationSeconds: 12.4,
  loadAverage: { start: 0.1, end: 1.2 },
  machine: { cpu: 'A CPU', cores: 2, memoryGibibytes: 23.4, system: 'Linux', node: 'v20.20.0' },
  build: { version: '1.2.3', whisperVersion: '1.9.1', compiler: 'gcc 12', cpuFeatures: ['AVX2'] },
  clips: 'the clips',
  figures: [
    figure('throughput', 'ratio', 2.5, atLeast(1.5), spreadOf([2, 2.5, 3])),
    figure('delay', 'ms', 14.25, atMost(12)),
    figure('size', 'MiB', 300),
    missing('one peer', 'does not install: <script>alert(1)</script>'),
  ],
  tables: [
    {
      title: 'tiny.en, one thread a clip',
      columns: ['peer', '× real time, 4 at once', 'MiB, 1 at once', 'MiB, 4 at once', 'state'],
      rows: [
        ['another', 10, 200, 800, 'runs'],
        ['whisperpool', 40, 150, 300, 'a `code`'],
        ['a third', Number.NaN, 90, 'crash: SIGSEGV', 'crash: SIGSEGV'],
      ],
    },
  ],
  notes: ['a note with `code`'],
};
const real = readPublished();
const published = { ...real, results: [...real.results.filter(({ benchmark }) => benchmark !== 'peers'), peers] };

describe('the plots of the README', () => {
  const drawn = (name: string) => {
    const plot = README_PLOTS.find((each) => each.name === name);
    const result = published.results.find(({ benchmark }) => benchmark === plot?.benchmark);
    return (result && plot?.draw(result)) ?? '';
  };

  test.each([
    ['peers-throughput', /whisperpool: 40 × real time\..*another: 10 × real time\..*a third: not measured/u],
    ['peers-memory', /another: 1: 200; 4: 800\. whisperpool: 1: 150; 4: 300\. a third: 1: 90\./u],
    ['ladder-waiting', /without the ladder: .*with the ladder: .*The overload lasts from/u],
  ])('%s is drawn from its result', (name, description) => {
    expect(/<desc>(.*)<\/desc>/su.exec(drawn(name))?.[1]).toMatch(description);
  });

  test('are not drawn of a result that lacks what they need', () => {
    expect(README_PLOTS.map(({ draw }) => draw({ ...peers, tables: [] }))).toEqual([undefined, undefined, undefined]);
  });
});

const why = hasChromium ? '' : ' (skipped: there is no Chromium)';

describe.skipIf(!hasChromium)(`the report in a real browser${why}`, () => {
  let browser: Browser;
  let folder: string;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'report-page-'));
    file = join(folder, 'index.html');
    const first = README_PLOTS.flatMap(({ name, benchmark, draw }) => {
      const svg = published.results.filter((result) => result.benchmark === benchmark).map(draw)[0];
      return svg === undefined ? [] : [{ name, svg }];
    });
    await writeFile(file, reportPage({ ...published, unmeasured: ['fleet'] }, first));
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  test.each([
    [360, 'dark'],
    [1280, 'light'],
  ] as const)(
    '%d pixels wide, %s: asks for nothing, fits, can be read and used, and tells every figure with its state',
    async (width, colorScheme) => {
      const { page, complaints, requests } = await openWatched(browser, file, { width, colorScheme });
      await page.evaluate('document.querySelectorAll("details").forEach((each) => { each.open = true; })');
      const seen = await page.evaluate<PageLook>(pageLook);
      const lost = await page.evaluate<string[]>(
        `[...document.querySelectorAll('a')].map((link) => link.hash.slice(1)).filter((id) => !document.getElementById(id))`,
      );
      const inks = await page.evaluate<number>(`document.querySelectorAll('svg text').length`);
      const text = await page.evaluate<string>('document.body.innerText');
      await page.close();

      expect(complaints).toEqual([]);
      expect(requests).toEqual([pathToFileURL(file).href]);
      expect(seen).toMatchObject({ language: 'en', isDark: colorScheme === 'dark', width });
      expect(seen).toMatchObject({ faintTexts: [], nameless: [], repeatedIds: [] });
      expect(seen.smallestTextPixels).toBeGreaterThanOrEqual(11);
      expect(lost).toEqual([]);
      expect(inks).toBeGreaterThan(30);

      for (const { title, command, figures } of published.results) {
        expect(text).toContain(command);
        expect(text.replaceAll('`', '')).toContain(title.replaceAll('`', ''));
        for (const { name } of figures) expect(text).toContain(name);
      }
      for (const state of ['✓ met', '✗ not met', '○ not measured', '· no target']) expect(text).toContain(state);
      expect(text).toContain('does not install: <script>alert(1)</script>');
      expect(text).toContain('npm run bench -- fleet');
      expect(text).toContain('whisperpool 1.2.3, whisper.cpp 1.9.1, gcc 12');
    },
  );
});
