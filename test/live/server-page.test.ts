import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hashOf, newKey } from '../../dist/server/keys/key.js';
import { keysText } from '../../dist/server/keys/keys-file.js';
import { createServer, type WhisperpoolServer } from '../../dist/server/server.js';
import { hasChromium, startChromium } from '../chromium.js';
import { type PageLook, pageLook } from '../page-look.js';
import { bundled, spoken } from './clips.js';

const why = hasChromium ? '' : ' (skipped: there is no Chromium)';
const engine = { model: 'tiny.en', calibrate: false, download: false } as const;
const jfk = bundled('jfk.wav');
/** What is heard of it in a file, and cut as it is spoken. */
const jfkSays = 'what your country can do for you';

let server: WhisperpoolServer;
beforeAll(async () => {
  server = await createServer({ engine, port: 0 });
});
afterAll(() => server.close());

describe('the files of the page', () => {
  test('are sent once to a browser that keeps them, with a policy that lets in nothing from elsewhere', async () => {
    const { status, headers } = await fetch(server.url);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/u,
    );
    expect(headers.get('content-security-policy')).not.toMatch(/unsafe|\*|http|data:|blob:/u);
    expect(headers.get('permissions-policy')).toContain('microphone=(self)');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    const again = await fetch(server.url, { headers: { 'if-none-match': headers.get('etag') ?? '' } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  test('are those of a list: no other path leads anywhere', async () => {
    const ask = async (path: string) => (await fetch(new URL(path, server.url))).status;
    expect(await ask('/client/client/index.js')).toBe(200);
    const others = [
      '/client/server/server.js',
      '/client/client/index.d.ts',
      '/client/client/%2e%2e/server/server.js',
      '/page/..%2f..%2fpackage.json',
      '/page/%2e%2e%2f%2e%2e%2fpackage.json',
      '/page/',
      '/page/index.html',
    ];
    for (const path of others) expect(await ask(path), path).toBe(404);
  });

  test('are not there where the page is not wanted, and the state is all the same', async () => {
    await using bare = await createServer({ engine: { ...engine, start: 'lazy' }, port: 0, page: false });
    expect((await fetch(bare.url)).status).toBe(404);
    const state = await (await fetch(new URL('/v1/state', bare.url))).json();
    expect(state).toMatchObject({ status: 'idle', slots: { busy: 0 }, uploads: { running: 0 } });
  });
});

describe.skipIf(!hasChromium)(`the page in a real browser${why}`, () => {
  let browser: Browser;
  let folder: string;
  let complaints: string[];
  let requests: Set<string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'server-page-'));
    browser = await startChromium(
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-audio-capture=${jfk}`,
    );
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  /** A tab of its own, which has connected. */
  async function open(options: BrowserContextOptions = {}, { url } = server): Promise<Page> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    [complaints, requests] = [[], new Set()];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.add(request.url()));
    await page.goto(url);
    return page;
  }
  const ready = (page: Page) => page.getByText('Ready', { exact: true }).waitFor();
  const textOf = async (page: Page, where: string) => (await page.locator(where).allInnerTexts()).join(' ');
  const wordsOf = async (page: Page, where: string) => spoken(await textOf(page, where));
  const article = (page: Page, name: RegExp) => page.getByRole('article').filter({ hasText: name });

  test('shows what the server does, and asks nobody else for anything', async () => {
    const page = await open();
    await ready(page);
    expect(await textOf(page, '#rungs [aria-current=step]')).toMatch(/^requested\s+in force/u);
    const figures = await page.getByRole('term').allInnerTexts();
    expect(figures).toEqual(['Slots', 'Load ρ', 'Waiting', 'Latency', 'RTF', 'Memory', 'Live', 'Uploads']);
    expect(await textOf(page, '#figures')).toMatch(/\b0 of \d+\nbusy/u);
    expect(await textOf(page, '#figures')).toMatch(/\d MB/u);
    expect(await textOf(page, '#providers')).toMatch(/^whisper-cpp: serving/u);
    for (const url of requests) expect(new URL(url).origin).toBe(server.url);
    expect(complaints).toEqual([]);
  });

  test('transcribes a file that is chosen, with times, and gives it as subtitles', async () => {
    const page = await open();
    await page.getByLabel('Drop an audio file').setInputFiles(jfk);
    await page.getByText(/^Done in/u).waitFor();
    expect(await wordsOf(page, '.result li')).toContain(jfkSays);
    expect(await textOf(page, '.result .time')).toMatch(/^0:0\d\.\d /u);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download as SRT' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('jfk.srt');
    const path = join(folder, 'jfk.srt');
    await download.saveAs(path);
    expect(await readFile(path, 'utf8')).toMatch(/^1\n00:00:0\d,\d{3} --> 00:00:\d\d,\d{3}\n\S/u);
    await page.getByRole('button', { name: 'Remove jfk.wav' }).click();
    expect(await page.getByRole('article').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('transcribes files that are dropped, one after the other, and says what is wrong with one', async () => {
    const page = await open();
    const clip = (await readFile(bundled('jfk.mp3'))).toString('base64');
    await page.evaluate(`(() => {
      const bytes = Uint8Array.from(atob('${clip}'), (character) => character.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['this is no audio'], 'note.txt'));
      dataTransfer.items.add(new File([bytes], 'jfk.mp3'));
      const event = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true });
      document.querySelector('#drop strong').dispatchEvent(event);
      if (!event.defaultPrevented) throw new Error('The browser would open the file.');
    })()`);
    await article(page, /jfk\.mp3/u)
      .getByText(/^Done in/u)
      .waitFor();
    expect(await wordsOf(page, '.result:has-text("jfk.mp3") li')).toContain(jfkSays);
    const refused = article(page, /note\.txt/u);
    expect(await textOf(page, '.failed [role=status]')).toMatch(/\w{3}.*\.$/u);
    expect(await refused.getByRole('listitem').count()).toBe(0);
    // The browser itself writes down that an answer was not 200.
    expect(complaints.filter((text) => !text.includes('the server responded with a status of 400'))).toEqual([]);
  });

  test('hears the microphone, and another tab sees what is said', async () => {
    const watcher = await open();
    const page = await open();
    await page.getByRole('button', { name: 'Start the microphone' }).click();
    await page.getByText('Listening', { exact: true }).waitFor();
    expect(await page.getByRole('meter', { name: 'Input level' }).isVisible()).toBe(true);
    await article(page, /country can do for/iu).waitFor();
    expect(await page.locator('#running').getByRole('article').count()).toBe(0);
    await page.getByRole('button', { name: 'Stop the microphone' }).click();
    await page.getByText('Ended.').first().waitFor();
    await page.getByRole('button', { name: 'Start the microphone' }).waitFor();

    const seen = watcher.locator('#running').getByRole('article');
    await seen.getByText('ended').waitFor();
    expect(await wordsOf(watcher, '#running li')).toContain(jfkSays);
    for (const url of requests) expect(new URL(url).host).toBe(new URL(server.url).host);
    expect(complaints).toEqual([]);
  });

  test('can be used with the keyboard alone', async () => {
    const page = await open();
    await ready(page);
    const focused = () => page.evaluate<string>('document.activeElement.id || document.activeElement.textContent');
    const isMarked = () =>
      page.evaluate<boolean>(`(() => {
      const element = document.activeElement.closest('.input:has(.hidden:focus)') ?? document.activeElement;
      return getComputedStyle(element).outlineStyle === 'solid';
    })()`);
    const stops = [];
    for (let count = 0; count < 4; count += 1) {
      await page.keyboard.press('Tab');
      stops.push([await focused(), await isMarked()]);
    }
    expect(stops).toEqual([
      ['Skip to the content', true],
      ['file', true],
      ['microphone', true],
      ['Last decisions', true],
    ]);
    await page.keyboard.press('Enter');
    await page.locator('#steps li').first().waitFor();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Listening', { exact: true }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('Ended.').first().waitFor();
    await page.keyboard.press('Shift+Tab');
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Space')]);
    await chooser.setFiles(jfk);
    await article(page, /jfk\.wav/u)
      .getByText(/^Done in/u)
      .waitFor();
    expect(complaints).toEqual([]);
  });

  test('fits 360 pixels and 1280, can be read in light and in dark, and has a name for everything', async () => {
    const page = await open();
    await ready(page);
    await page.getByLabel('Drop an audio file').setInputFiles(jfk);
    await page.getByText(/^Done in/u).waitFor();
    await page.getByText('Last decisions').click();
    await page.getByRole('button', { name: 'Start the microphone' }).click();
    await page.getByText('Listening', { exact: true }).waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [360, 1280]) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.setViewportSize({ width, height: 780 });
        const seen = await page.evaluate<PageLook>(pageLook);
        expect(seen, colorScheme).toMatchObject({ width, isDark: colorScheme === 'dark' });
        expect(seen).toMatchObject({ language: 'en', faintTexts: [], nameless: [], repeatedIds: [] });
        expect(seen.smallestTextPixels).toBeGreaterThanOrEqual(12);
        const parts = ['Transcribe', 'Running transcripts', 'Now', 'Ladder'];
        expect(seen.landmarks).toEqual(['HEADER', 'MAIN', ...parts.map((title) => `SECTION: ${title}`)]);
        expect(seen.headings).toEqual([
          'H1: whisperpool',
          'H2: Transcribe',
          expect.stringMatching(/^H3: Microphone \d\d:\d\d$/u),
          'H3: jfk.wav',
          'H2: Running transcripts',
          'H2: Now',
          'H3: Providers',
          'H2: Ladder',
        ]);
      }
    }
    expect(complaints).toEqual([]);
  });

  test('asks for a key where the server has keys, shows only what is said with the same one, and says when it is gone', async () => {
    const keys = { anna: newKey(), bert: newKey() };
    const keysFile = join(folder, 'keys.json');
    const entry = (name: keyof typeof keys) => ({
      name,
      hash: hashOf(keys[name]),
      createdAt: '2026-01-01T00:00:00Z',
      limits: {},
    });
    await writeFile(keysFile, keysText([entry('anna'), entry('bert')]));
    const guarded = await createServer({ engine, port: 0, keysFile });
    const enter = async (page: Page, key: string) => {
      await page.getByRole('dialog', { name: 'This server asks for a key' }).waitFor();
      await page.getByLabel('Key', { exact: true }).fill(key);
      await page.keyboard.press('Enter');
    };
    const bert = await open({}, guarded);
    await enter(bert, keys.bert);
    await ready(bert);
    const second = await open({}, guarded);
    await enter(second, keys.anna);
    await ready(second);
    const page = await open({}, guarded);
    await enter(page, 'wp_wrong');
    await page.getByText('That key was refused.').waitFor();
    await enter(page, keys.anna);
    await ready(page);
    await page.getByRole('button', { name: 'Start the microphone' }).click();
    await second
      .locator('#running')
      .getByText(/fellow/iu)
      .first()
      .waitFor();
    expect(await bert.locator('#running').getByRole('article').count()).toBe(0);
    await page.getByLabel('Drop an audio file').setInputFiles(jfk);
    await page.getByText(/^Done in/u).waitFor();
    await page.reload();
    await ready(page);
    expect(await page.evaluate('JSON.stringify([localStorage.length, document.cookie])')).toBe('[0,""]');
    for (const url of requests) expect(url).not.toMatch(/wp_|key=/u);
    expect(complaints.filter((text) => !text.includes('the server responded with a status of 401'))).toEqual([]);
    await guarded.close();
    await page.getByText('No connection to the server').waitFor();
    expect(await page.title()).toBe('whisperpool: No connection to the server');
  });
});
