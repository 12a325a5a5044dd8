import type { Clock } from '../../clock.js';
import type { Logger } from '../../telemetry/log.js';
import type { Caller, Gate, KeyLimits } from '../gate.js';
import { LimitReached } from '../limit-reached.js';
import { type PlaceLimits, Places } from '../places.js';
import { KeyRing } from './key-ring.js';
import { draw, type TokenBucket } from './token-bucket.js';

/** What a gate with keys needs. */
export interface GateOptions {
  readonly keysFile: string;
  /** Of all keys together. */
  readonly limits: PlaceLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * A gate that lets in the keys of a file, each within its limits.
 * @throws EngineError `OPTION_INVALID` when the file cannot be read
 */
export function openGate({ keysFile, limits: serverLimits, clock, logger }: GateOptions): Gate {
  const ring = new KeyRing(keysFile, clock, logger);
  const everybody = new Places('this server');
  /** By hash: what a key has taken stays taken when the file changes, and is not its successor's of the same name. */
  const holders = new Map<string, Holder>();

  return {
    isGuarded: true,
    admit(key): Caller {
      const { name, hash, limits } = ring.find(key);
      const id = hash.toString('hex');
      const holder = holders.get(id) ?? new Holder();
      holders.set(id, holder);
      holder.countRequest(limits, clock.nowSeconds());
      return {
        name,
        enter(kind) {
          const leave = holder.places.enter(kind, { session: limits.sessions, transcription: limits.transcriptions });
          try {
            const leaveEverybody = everybody.enter(kind, serverLimits);
            return () => {
              leave();
              leaveEverybody();
            };
          } catch (error) {
            leave();
            throw error;
          }
        },
      };
    },
  };
}

/** What one key uses. */
class Holder {
  readonly places = new Places('this key');
  #bucket: TokenBucket | undefined;

  /** @throws EngineError `LIMIT_REACHED` */
  countRequest({ requestsPerMinute }: KeyLimits, nowSeconds: number): void {
    if (requestsPerMinute === undefined) return;
    const drawn = draw(this.#bucket, requestsPerMinute, nowSeconds);
    if (drawn.kind === 'empty') {
      throw new LimitReached(`This key may ask ${requestsPerMinute} times a minute.`, drawn.waitSeconds);
    }
    this.#bucket = drawn.bucket;
  }
}
