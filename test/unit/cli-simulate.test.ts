import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chartHtml } from '../../dist/cli/simulate/timeline-chart.js';
import type { SimulationResult } from '../../dist/degrade/simulator/simulation-result.js';
import { steady } from '../../dist/degrade/simulator/synthetic-traces.js';
import { traceLines } from '../../dist/degrade/simulator/trace-lines.js';
import { type Ended, ended, InstalledCli } from './installed-cli.js';

let cli: InstalledCli;
beforeAll(async () => {
  cli = await InstalledCli.install();
});
beforeEach(() => cli.newUser());
afterAll(() => cli.remove());

function simulate(...args: readonly string[]): Promise<Ended> {
  return ended(cli.start(['simulate', ...args]));
}

/** Puts a file where the command is run. */
async function put(name: string, text: string): Promise<void> {
  await writeFile(join(cli.project, name), text);
}

const neverMoves = `export default {
  name: 'never <moves>',
  rungs: [{ name: 'requested', plan: {} }],
  decide: ({ rung }) => ({ rung, reason: 'It never moves.', evidence: {} }),
};`;

describe('whisperpool simulate', () => {
  test('prints what came of a made-up load, the time on each rung, and every decision with its reason', async () => {
    const { exitCode, stdout, stderr } = await simulate('step');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^STEP TO 2\.5×, 30:00 +STANDARD ON 2 CORES, BASE$/mu);
    expect(stdout).toMatch(/^Transitions +\d+; at the end: requested$/mu);
    expect(stdout).toMatch(/^Dropped +0\.00 %, 0 s of speech$/mu);
    expect(stdout).toMatch(/^Books +balance$/mu);
    expect(stdout).toMatch(/^0 +requested +\d+:\d\d$/mu);
    expect(stdout).toMatch(/^5:0\d +0 → \d +The \d+ sources need .*slots/mu);
  });

  test('replays a recorded trace against a policy of a module, on a machine that is described', async () => {
    await put('incident.jsonl', traceLines(steady(2, { seconds: 60 })));
    await put('policy.mjs', neverMoves);
    await put('machine.json', JSON.stringify({ name: 'eight', slots: 8 }));
    const args = ['incident.jsonl', '--policy', 'policy.mjs', '--machine', 'machine.json', '--json'];
    const { exitCode, stdout, stderr } = await simulate(...args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout) as SimulationResult).toMatchObject({
      policy: 'never <moves>',
      machine: 'eight',
      seconds: 60,
      transitions: 0,
    });
  });

  test('writes a page that needs nothing else, and in which names are no markup', async () => {
    await put('policy.mjs', neverMoves);
    const { exitCode, stderr } = await simulate('noisy-neighbour', '--policy', 'policy.mjs', '--html', 'page.html');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const page = await readFile(join(cli.project, 'page.html'), 'utf8');
    expect(page).toContain('<title>noise of ±30 % at 0.8× under never &lt;moves&gt;</title>');
    expect(page).not.toMatch(/<script|<link|<img|https?:|url\(|@import|NaN|Infinity|undefined/u);
    expect(page.match(/<svg /gu)).toHaveLength(5);
    expect(page).toContain('name="viewport"');
    expect(page).toContain('prefers-color-scheme:dark');
  });

  test.each([
    [['nothing.jsonl'], 'steady-1.6x, steady-3x, step, ramp'],
    [['step', '--policy', 'nothing.mjs'], 'standard, echo, thresholds'],
    [['step', '--policy', 'empty.mjs'], 'no default export'],
    [['step', '--policy', 'crooked.mjs'], 'rung 0'],
    [['step', '--machine', 'nothing.json'], 'description of the machine'],
    [['step', '--machine', 'broken.json'], 'is no JSON'],
    [['step', '--machine', 'slotless.json'], '`slots`'],
    [['broken.json'], 'Line 1 of the trace'],
    [['short.jsonl', '--html', 'no/such/folder.html'], 'cannot be written'],
  ])('%j exits with 2 and says what is wrong', async (args, why) => {
    await put('empty.mjs', 'export const policy = 1;');
    await put('crooked.mjs', neverMoves.replace('plan: {}', 'plan: { chunkSeconds: 4 }'));
    await put('broken.json', '{');
    await put('slotless.json', '{"slots":0}');
    await put('short.jsonl', traceLines(steady(1, { seconds: 5 })));
    const { exitCode, stdout, stderr } = await simulate(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('(OPTION_INVALID)');
    expect(stderr).toContain(why);
  });
});

describe('a chart', () => {
  const chart = { title: 'Load', unit: '×', least: 1, summary: 'all of it' };

  test('of a day has no more columns than can be seen, and keeps every peak', () => {
    const values = Array.from({ length: 86_400 }, (_, second) => (second === 40_000 ? 9 : 1));
    const html = chartHtml({ ...chart, series: [{ name: 'a', colour: 'one', shape: 'line', values }] }, 86_400);
    expect(html.length).toBeLessThan(20_000);
    expect(html).toMatch(/viewBox="0 0 900 100"/u);
    // The scale goes to 10, and the peak nearly to the top.
    expect(html).toMatch(/L\d+ 10[ L"]/u);
  });

  test('leaves out what is not there, and draws nothing of nothing', () => {
    const values = [1, undefined, undefined, 0.5];
    const line = chartHtml({ ...chart, series: [{ name: 'a', colour: 'one', shape: 'line', values }] }, 4);
    expect(line).toContain('d="M0 0h1L4 50"');
    const steps = chartHtml({ ...chart, series: [{ name: 'a', colour: 'one', shape: 'steps', values: [0, 0, 1] }] }, 3);
    expect(steps).toContain('d="M0 100h1h1V0h1"');
    const bars = chartHtml({ ...chart, series: [{ name: 'a', colour: 'two', shape: 'bars', values: [0, 0.5] }] }, 2);
    expect(bars).toContain('d="M1.5 100V50"');
    expect(chartHtml({ ...chart, series: [] }, 0)).not.toMatch(/NaN|Infinity|undefined/u);
  });
});
