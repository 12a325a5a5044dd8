import { existsSync } from 'node:fs';
import { lock } from 'proper-lockfile';
import { EngineError } from '../../errors.js';
import type { KeyLimits } from '../../server/gate.js';
import { hashOf, newKey, type StoredKey } from '../../server/keys/key.js';
import { isKeyName, keysText, readKeys } from '../../server/keys/keys-file.js';
import { type ExitCode, exitCodes } from '../exit-code.js';
import { tableText } from '../models/table.js';
import { writeWhole } from '../output.js';
import type { Terminal } from '../terminal.js';

export interface FileFlag {
  readonly file: string;
}

export type AddFlags = FileFlag & KeyLimits;

export interface ListFlags extends FileFlag {
  readonly json?: boolean;
}

/** For its owner only: who can write to it can let themselves in. */
const newFileMode = 0o600;

/** `whisperpool keys add` */
export async function addKey(terminal: Terminal, name: string, flags: AddFlags): Promise<ExitCode> {
  const { file, sessions, transcriptions, requestsPerMinute } = flags;
  if (!isKeyName(name)) {
    throw invalid(`'${name}' cannot be the name of a key: it has 1 to 64 letters, digits and . _ - @ of ASCII.`);
  }
  const key = newKey();
  const limits = { sessions, transcriptions, requestsPerMinute };
  await changeKeys(file, (keys) => {
    if (named(keys, name))
      throw invalid(`There is a key named ${name} already. Revoke it first, or choose another name.`);
    return [...keys, { name, hash: hashOf(key), createdAt: new Date().toISOString(), limits }];
  });
  terminal.print(`${key}\n`);
  terminal.say('Keep it: it cannot be shown again.');
  return exitCodes.ok;
}

/** `whisperpool keys list` */
export function listKeys(terminal: Terminal, { file, json = false }: ListFlags): ExitCode {
  const keys = readKeys(file).map(({ name, createdAt, limits }) => ({ name, createdAt, limits }));
  if (json) terminal.printJson({ keys });
  else {
    const head = ['name', 'created', 'sessions', 'transcriptions', 'requests a minute'];
    const rows = keys.map(({ name, createdAt, limits: { sessions, transcriptions, requestsPerMinute } }) => [
      name,
      createdAt,
      ...[sessions, transcriptions, requestsPerMinute].map((limit) => limit?.toString() ?? '-'),
    ]);
    terminal.print(tableText(head, rows, terminal.stdout));
  }
  return exitCodes.ok;
}

/** `whisperpool keys revoke` */
export async function revokeKey(terminal: Terminal, name: string, { file }: FileFlag): Promise<ExitCode> {
  await changeKeys(file, (keys) => {
    if (!named(keys, name)) throw invalid(`There is no key named ${name} in ${file}.`);
    return keys.filter((key) => key.name !== name);
  });
  terminal.say(`The key ${name} is revoked.`);
  return exitCodes.ok;
}

/** Changes the keys of a file, whole or not at all, while no other process does: a revoked key must not come back. */
async function changeKeys(path: string, change: (keys: readonly StoredKey[]) => readonly StoredKey[]): Promise<void> {
  const release = await lock(path, {
    realpath: false,
    retries: { retries: 20, minTimeout: 20, maxTimeout: 100 },
  }).catch((cause: unknown) => {
    throw invalid(`${path} cannot be changed: its folder is not there or not writable, or somebody changes it.`, cause);
  });
  try {
    writeWhole(path, keysText(change(existsSync(path) ? readKeys(path) : [])), newFileMode);
  } finally {
    await release();
  }
}

function named(keys: readonly StoredKey[], name: string): boolean {
  return keys.some((key) => key.name === name);
}

function invalid(message: string, cause?: unknown): EngineError {
  return new EngineError('OPTION_INVALID', message, { cause });
}
