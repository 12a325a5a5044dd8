import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { link, mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { CacheContext } from '../../../dist/model/caches/cache-context.js';

/** When the trees are looked at; their files are an hour old unless a test says otherwise. */
export const nowSeconds = 1_790_000_000;
const hourAgo = nowSeconds - 3600;

/** A home folder and a project made of sparse files. */
export class Tree {
  readonly root: string;
  readonly home: string;
  readonly project: string;

  private constructor(root: string) {
    this.root = root;
    this.home = join(root, 'home');
    this.project = join(root, 'project');
  }

  static async plant(): Promise<Tree> {
    const tree = new Tree(await mkdtemp(join(tmpdir(), 'caches-')));
    await mkdir(tree.home);
    await mkdir(tree.project);
    return tree;
  }

  async fell(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }

  context(changes: Partial<CacheContext> = {}): CacheContext {
    const { home, project } = this;
    return { home, platform: 'darwin', env: {}, projectFolder: project, folders: [], nowSeconds, ...changes };
  }

  /** The default hub cache. */
  get hub(): string {
    return join(this.home, '.cache/huggingface/hub');
  }

  /** A file with this text, or a hole of so many bytes. */
  async file(path: string, content: number | string, modifiedSeconds = hourAgo): Promise<string> {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof content === 'string' ? content : '');
    if (typeof content === 'number') await truncate(path, content);
    await utimes(path, modifiedSeconds, modifiedSeconds);
    return path;
  }

  async files(folder: string, contents: Readonly<Record<string, number | string>>): Promise<string> {
    for (const [name, content] of Object.entries(contents)) await this.file(join(folder, name), content);
    return folder;
  }

  async link(path: string, target: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await symlink(target, path);
  }

  async hardLink(path: string, target: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await link(target, path);
  }

  /** A repository as huggingface_hub lays it out; a file's blob is named by a hash of its own name. */
  async repository(
    hub: string,
    repository: string,
    files: Readonly<Record<string, number | string>>,
    {
      revision = 'a'.repeat(40),
      main = revision,
    }: { readonly revision?: string; readonly main?: string | undefined } = {},
  ): Promise<string> {
    const folder = join(hub, `models--${repository.replaceAll('/', '--')}`);
    if (main !== '') await this.file(join(folder, 'refs/main'), main);
    for (const [name, content] of Object.entries(files)) {
      const blob = join(folder, 'blobs', blobName(name + revision));
      await this.file(blob, content);
      const path = join(folder, 'snapshots', revision, name);
      await this.link(path, relative(dirname(path), blob));
    }
    return folder;
  }

  /** Every entry of the tree with its kind, size, target and time: equal listings mean that nothing was touched. */
  listing(folder = this.root): readonly string[] {
    return readdirSync(folder, { withFileTypes: true })
      .sort((left, right) => left.name.localeCompare(right.name))
      .flatMap((entry) => {
        const path = join(folder, entry.name);
        const { size, mtimeMs, ino } = lstatSync(path);
        const name = relative(this.root, path);
        if (entry.isDirectory()) return [`${name}/\t\t${mtimeMs}`, ...this.listing(path)];
        if (entry.isSymbolicLink()) return [`${name}\t-> ${readlinkSync(path)}\t${mtimeMs}`];
        return [`${name}\t${size}\t${mtimeMs} ${ino}`];
      });
  }

  /** The listing without times and inodes: names, sizes, targets. */
  names(folder = this.root): readonly string[] {
    return this.listing(folder).map((line) => line.split('\t').slice(0, 2).join(' ').trim());
  }
}

export function without(
  files: Readonly<Record<string, number | string>>,
  name: string,
): Readonly<Record<string, number | string>> {
  return Object.fromEntries(Object.entries(files).filter(([each]) => each !== name));
}

export function blobName(seed: string): string {
  return createHash('sha256').update(seed).digest('hex');
}
