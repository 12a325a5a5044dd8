import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';

/** A file as it is sent, in memory: no request leads to the disk. */
export interface PageFile {
  readonly contentType: string;
  readonly body: Buffer;
  readonly etag: string;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const page = new URL('../../../assets/page/', import.meta.url);
/** The package's own code, compiled. */
const compiled = new URL('../../', import.meta.url);
/** Of that the client and what writes transcripts, with what they import: it runs in browsers, too. */
const sharedFolders = ['client/', 'wire/', 'transcript/'];
const sharedFiles = ['errors.js', 'clock.js'];

/** Every file of the page, by its path. */
export function pageFiles(): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  const add = (path: string, place: URL) => {
    const contentType = contentTypes[extname(path)];
    if (contentType !== undefined) files.set(path, pageFile(place, contentType));
  };
  for (const name of filesIn(page)) add(`/page/${name}`, new URL(name, page));
  for (const folder of sharedFolders) {
    for (const name of filesIn(new URL(folder, compiled)))
      add(`/client/${folder}${name}`, new URL(folder + name, compiled));
  }
  for (const name of sharedFiles) add(`/client/${name}`, new URL(name, compiled));
  return files;
}

function filesIn(folder: URL): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

function pageFile(place: URL, contentType: string): PageFile {
  // Where the maps are not served, a browser that looks for them would complain.
  const body = Buffer.from(readFileSync(place, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/u, '\n'));
  return { contentType, body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
}
