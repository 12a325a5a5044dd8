import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';

export interface WatchedPage {
  readonly page: Page;
  /** What the page wrote to the console, and errors that nobody caught. */
  readonly complaints: readonly string[];
  /** What it asked for, itself first. */
  readonly requests: readonly string[];
}

/** Opens a file in a window of this width, 780 pixels high. */
export async function openWatched(
  browser: Browser,
  file: string,
  { width, colorScheme }: { readonly width: number; readonly colorScheme: 'light' | 'dark' },
): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width, height: 780 }, colorScheme });
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  return { page, complaints, requests };
}
