import { EngineError } from '../dist/errors.js';
import type { Stretch } from '../dist/session/piece.js';
import { Spool, type Spooled } from '../dist/session/spool.js';

/** A disk in memory that does what it is told when a test says so, and can fail. */
export class ScriptedSpool extends Spool {
  answersAtOnce = true;
  /** The next calls fail. */
  failures = 0;
  readonly #pcm = new Map<Spooled, Float32Array>();
  #waiting: (() => void)[] = [];

  override get pieces(): number {
    return this.#pcm.size;
  }

  override async put(pcm: Float32Array, { startSample, endSample }: Stretch): Promise<Spooled> {
    const spooled = { startSample, endSample };
    // Read at the end, so that memory that was given back too early shows.
    await this.#turn('DISK_FULL');
    this.#pcm.set(spooled, pcm.slice());
    return spooled;
  }

  override async take(spooled: Spooled, into: Float32Array): Promise<Float32Array> {
    const pcm = this.#pcm.get(spooled);
    this.#pcm.delete(spooled);
    await this.#turn('AUDIO_MISSING');
    if (!pcm) throw new EngineError('INTERNAL', 'A piece was taken twice.');
    into.set(pcm);
    return into.subarray(0, pcm.length);
  }

  override async discard(spooled: Spooled): Promise<void> {
    this.#pcm.delete(spooled);
    await Promise.resolve();
  }

  /** Does everything that waits. */
  proceed(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  async #turn(code: 'DISK_FULL' | 'AUDIO_MISSING'): Promise<void> {
    const isToFail = this.failures > 0;
    if (isToFail) this.failures -= 1;
    if (!this.answersAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (isToFail) throw new EngineError(code, 'The disk failed.');
  }
}
