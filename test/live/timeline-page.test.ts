import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { timelinePage } from '../../dist/cli/simulate/timeline-page.js';
import { policies } from '../../dist/degrade/policies.js';
import { defaultMachine } from '../../dist/degrade/simulator/machine.js';
import { simulate } from '../../dist/degrade/simulator/simulate.js';
import type { SimulationResult } from '../../dist/degrade/simulator/simulation-result.js';
import { step } from '../../dist/degrade/simulator/synthetic-traces.js';
import { hasChromium, startChromium } from '../chromium.js';
import { openWatched } from '../watched-page.js';

/** What somebody sees who looks at the page. */
interface Look {
  readonly language: string;
  readonly title: string;
  readonly mains: number;
  readonly headings: readonly string[];
  readonly tables: number;
  readonly tablesWithHeads: number;
  readonly text: string;
  /** Of the whole page, scrolled or not. */
  readonly width: number;
  readonly smallestTextPixels: number;
  /** Of text and what is behind it, as WCAG counts: 4.5 is readable. */
  readonly leastContrast: number;
  readonly charts: readonly { readonly label: string; readonly width: number; readonly series: readonly Drawn[] }[];
}

interface Drawn {
  readonly width: number;
  readonly isInside: boolean;
  readonly contrast: number;
}

/** Runs in the page, which has a DOM; this file has none. */
const look = `(() => {
  const luminance = (colour) => {
    const channels = colour.match(/[\\d.]+/g).slice(0, 3).map((channel) => Number(channel) / 255);
    const [red, green, blue] = channels.map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const paper = luminance(getComputedStyle(document.body).backgroundColor);
  const contrast = (colour) => {
    const ink = luminance(colour);
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  };
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const styles = all('h1,h2,p,th,td,span').map((element) => getComputedStyle(element));
  return {
    language: document.documentElement.lang,
    title: document.title,
    mains: all('main').length,
    headings: all('h1,h2,h3,h4,h5,h6').map(({ tagName }) => tagName),
    tables: all('table').length,
    tablesWithHeads: all('table:has(th[scope])').length,
    text: document.body.innerText,
    width: document.documentElement.scrollWidth,
    smallestTextPixels: Math.min(...styles.map(({ fontSize }) => Number.parseFloat(fontSize))),
    leastContrast: Math.min(...styles.map(({ color }) => contrast(color))),
    charts: all('svg').map((svg) => {
      const frame = svg.getBoundingClientRect();
      const series = all('path.one,path.two', svg).map((path) => {
        const { width, left, right, top, bottom } = path.getBoundingClientRect();
        const isAcross = left >= frame.left - 2 && right <= frame.right + 2;
        const isInside = isAcross && top >= frame.top - 2 && bottom <= frame.bottom + 2;
        return { width, isInside, contrast: contrast(getComputedStyle(path).stroke) };
      });
      return { label: svg.getAttribute('aria-label') ?? '', width: frame.width, series };
    }),
  };
})()`;

const why = hasChromium ? '' : ' (skipped: there is no Chromium)';

describe.skipIf(!hasChromium)(`the timeline page in a real browser${why}`, () => {
  let browser: Browser;
  let folder: string;
  let file: string;
  let result: SimulationResult;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'timeline-page-'));
    file = join(folder, 'timeline.html');
    // Queues so short that something is dropped, so that every chart has something to show.
    const queues = {
      ...defaultMachine.queues,
      normal: { chunks: 2, seconds: 8 },
      background: { chunks: 1, seconds: 4 },
    };
    result = await simulate(policies.standard, step({ load: 5 }), { ...defaultMachine, queues });
    await writeFile(file, timelinePage(result));
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  test.each([
    [360, 'light'],
    [360, 'dark'],
    [1280, 'light'],
    [1280, 'dark'],
  ] as const)(
    '%d pixels wide, %s: asks for nothing, fits, shows every chart and tells every decision',
    async (width, colorScheme) => {
      const { page, complaints, requests } = await openWatched(browser, file, { width, colorScheme });
      const seen = await page.evaluate<Look>(look);
      await page.close();

      expect(complaints).toEqual([]);
      expect(requests).toEqual([pathToFileURL(file).href]);
      expect(seen.width).toBeLessThanOrEqual(width);
      expect(seen.smallestTextPixels).toBeGreaterThanOrEqual(12);
      expect(seen.leastContrast).toBeGreaterThanOrEqual(4.5);

      expect(seen.charts).toHaveLength(5);
      for (const chart of seen.charts) {
        expect(chart.label).toMatch(/\w/u);
        expect(chart.width, chart.label).toBeGreaterThan(0.7 * Math.min(width, 960));
        for (const { isInside, contrast } of chart.series) {
          expect(isInside, chart.label).toBe(true);
          expect(contrast, chart.label).toBeGreaterThanOrEqual(3);
        }
        expect(Math.max(...chart.series.map((drawn) => drawn.width)), chart.label).toBeGreaterThan(20);
      }

      expect(result.decisions.length).toBeGreaterThan(1);
      for (const { reason } of result.decisions) expect(seen.text).toContain(reason);

      expect(seen).toMatchObject({ language: 'en', mains: 1, tablesWithHeads: seen.tables });
      expect(seen.title).toContain(result.policy);
      expect(seen.headings).toEqual(['H1', ...Array.from({ length: 6 }, () => 'H2')]);
    },
  );
});
