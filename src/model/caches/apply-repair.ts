import { lstat, mkdir, realpath, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { EngineError } from '../../errors.js';
import { writeNewFile } from '../conversion/new-file.js';
import { corrupt, refuseIfAborted } from '../refusal.js';
import { mayBeInUse } from './cache-context.js';
import { bytesOf, sha256OfBytes } from './content-hash.js';
import { orphanPattern } from './orphan.js';
import type { Repair } from './repair.js';
import { lookAt } from './sight.js';
import { isWithin } from './within.js';

export type RepairResult = { readonly kind: 'done' } | { readonly kind: 'skipped'; readonly reason: string };

export interface ApplyOptions {
  /** Seconds since 1970. */
  readonly nowSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes one planned change, if what it was planned for still holds. A copied file is either there and whole or not
 * there; nothing outside the repair's folder is touched.
 * @throws EngineError `DISK_FULL`, `MODEL_STORE_UNWRITABLE`, `MODEL_CORRUPT` when the copy has the wrong hash, `ABORTED`
 */
export async function applyRepair(repair: Repair, options: ApplyOptions): Promise<RepairResult> {
  refuseIfAborted(options.signal);
  const obstacle = await leadsOutside(repair);
  if (obstacle !== undefined) return { kind: 'skipped', reason: obstacle };
  try {
    switch (repair.kind) {
      case 'make-folder':
        await mkdir(repair.path, { recursive: true });
        return { kind: 'done' };
      case 'copy':
        return await copyFile(repair, options);
      case 'remove':
        return await removeOrphan(repair, options);
      default:
        return repair satisfies never;
    }
  } catch (error) {
    const message = `${repair.path} could not be changed. Look at the rights of its folder, or repair it by hand.`;
    throw EngineError.from(error, 'MODEL_STORE_UNWRITABLE', message);
  }
}

async function copyFile(repair: Extract<Repair, { kind: 'copy' }>, options: ApplyOptions): Promise<RepairResult> {
  const { from, path, bytes, sha256 } = repair;
  const { signal } = options;
  const source = await lookAt(from);
  if (source.kind !== 'file' || source.sizeBytes !== bytes) return skipped(`${from} has changed meanwhile.`);
  const old = await lookAt(path);
  if (old.kind === 'folder') return skipped(`${path} is a folder.`);
  const isInUse = old.kind === 'file' && mayBeInUse(old.modifiedSeconds, options.nowSeconds);
  if (isInUse) return skipped(`${path} may be in use.`);
  await mkdir(dirname(path), { recursive: true });
  await writeNewFile({ path, sizeBytes: bytes, overwrite: true }, bytesOf(from, signal), async (copy) => {
    const written = await lookAt(copy);
    if (written.kind !== 'file' || written.sizeBytes !== bytes) throw corrupt(copy, `it is not ${bytes} bytes long`);
    if (sha256 !== undefined && (await sha256OfBytes(copy, signal)) !== sha256) {
      throw corrupt(copy, `${from} does not have the SHA-256 ${sha256}`);
    }
  });
  return { kind: 'done' };
}

async function removeOrphan(repair: Repair, { nowSeconds }: ApplyOptions): Promise<RepairResult> {
  const { path } = repair;
  const status = await lstat(path).catch(() => undefined);
  if (!status) return skipped(`${path} is gone already.`);
  if (!status.isFile() || !orphanPattern.test(basename(path))) return skipped(`${path} is no leaving of a download.`);
  if (mayBeInUse(status.mtimeMs / 1000, nowSeconds)) return skipped(`${path} may be in use.`);
  await rm(path);
  return { kind: 'done' };
}

function skipped(reason: string): RepairResult {
  return { kind: 'skipped', reason };
}

/** Why the folder that is changed is, with every link followed, not in the folder that it should be in. */
async function leadsOutside({ path, within }: Repair): Promise<string | undefined> {
  const root = await realpath(within).catch(() => undefined);
  if (root === undefined) return `${within} is gone.`;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const real = await realpath(folder).catch(() => undefined);
    if (real !== undefined) return isWithin(root, real) ? undefined : `${path} leads out of ${within}.`;
    if (folder === dirname(folder)) return `${path} has no folder.`;
  }
}
