import { timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Clock } from '../../clock.js';
import { EngineError } from '../../errors.js';
import type { Logger } from '../../telemetry/log.js';
import { hashOf, type StoredKey } from './key.js';
import { readKeys } from './keys-file.js';

const lookSeconds = 0.5;

/** The keys of a file, as it is now. */
export class KeyRing {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #keys: readonly StoredKey[];
  #looked: { readonly atSeconds: number; readonly stamp: string };

  /** @throws EngineError `OPTION_INVALID` */
  constructor(path: string, clock: Clock, logger: Logger) {
    this.#path = path;
    this.#clock = clock;
    this.#logger = logger;
    this.#looked = { atSeconds: clock.nowSeconds(), stamp: stampOf(path) };
    this.#keys = readKeys(path);
  }

  /**
   * The entry of a key. It is compared with all of them, so that the time that takes says nothing.
   * @throws EngineError `KEY_REFUSED`
   */
  find(key: string | undefined): StoredKey {
    this.#look();
    const hash = hashOf(key ?? '');
    let found: StoredKey | undefined;
    for (const stored of this.#keys) if (timingSafeEqual(hash, stored.hash)) found = stored;
    if (found) return found;
    throw new EngineError(
      'KEY_REFUSED',
      'The key is missing, wrong or revoked. Send one that is let in: `Authorization: Bearer KEY`.',
    );
  }

  /** Reads the file again when it has changed. It is asked at most twice a second, and only when somebody comes. */
  #look(): void {
    const atSeconds = this.#clock.nowSeconds();
    if (atSeconds - this.#looked.atSeconds < lookSeconds) return;
    const stamp = stampOf(this.#path);
    const hasChanged = stamp !== this.#looked.stamp;
    this.#looked = { atSeconds, stamp };
    if (!hasChanged) return;
    try {
      this.#keys = readKeys(this.#path);
      this.#logger.info({ keys: this.#keys.length }, 'the keys were read again');
    } catch (error) {
      this.#logger.error({ error }, 'the keys have changed and cannot be read: those known before stay');
    }
  }
}

/** Another one means other contents. */
function stampOf(path: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path);
    return [ino, size, mtimeMs].join(' ');
  } catch {
    return 'none';
  }
}
