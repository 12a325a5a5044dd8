import { describe, expect, test } from 'vitest';
import { createEngine } from '../../dist/index.js';
import { loadAddon } from '../../dist/provider/addon.js';
import { bundled } from './clips.js';

const addon = loadAddon();
const clip = bundled('leopard_en.wav');

/** How often weights were read while `work` was done. */
async function readsDuring(work: () => Promise<unknown>): Promise<number> {
  const before = addon.contextStatistics().weightsRead;
  await work();
  return addon.contextStatistics().weightsRead - before;
}

describe('weights', () => {
  test.each([1, 2, 3])('are read once for %i slots, and freed when the engine closes', async (slots) => {
    const reads = await readsDuring(async () => {
      const engine = await createEngine({ model: 'tiny.en', slots, threadsPerSlot: 1 });
      await Promise.all(Array.from({ length: slots + 1 }, () => engine.transcribe(clip)));
      expect(addon.contextStatistics().open).toBe(1);
      await engine.close();
    });
    expect(reads).toBe(1);
    expect(addon.contextStatistics().open).toBe(0);
  });

  test('are shared by two engines, and stay until the second is closed', async () => {
    const reads = await readsDuring(async () => {
      const [one, other] = await Promise.all([
        createEngine({ model: 'tiny.en', slots: 1 }),
        createEngine({ model: 'tiny.en', slots: 1 }),
      ]);
      await one.close();
      expect(addon.contextStatistics().open).toBe(1);
      expect((await other.transcribe(clip)).text).toContain('gospel');
      await other.close();
    });
    expect(reads).toBe(1);
    expect(addon.contextStatistics().open).toBe(0);
  });

  test('of two models are open side by side, each for its own engine', async () => {
    const english = await createEngine({ model: 'tiny.en', slots: 1 });
    const base = await createEngine({ model: 'base', slots: 1, language: 'en' });
    expect(addon.contextStatistics().open).toBe(2);
    const transcripts = await Promise.all([english.transcribe(clip), base.transcribe(clip)]);
    expect(transcripts.map(({ used }) => used.model)).toEqual(['tiny.en', 'base']);
    await english.close();
    expect(addon.contextStatistics().open).toBe(1);
    await base.close();
    expect(addon.contextStatistics().open).toBe(0);
  });

  test('are freed when an engine is closed by force', async () => {
    const engine = await createEngine({ model: 'tiny.en', slots: 2 });
    const stopped = expect(engine.transcribe(bundled('harvard_8k.wav'))).rejects.toMatchObject({
      code: 'ENGINE_CLOSED',
    });
    await engine.close({ force: true });
    await stopped;
    expect(addon.contextStatistics().open).toBe(0);
  });

  test('are not held by an engine that could not be made', async () => {
    await expect(createEngine({ model: 'tiny.en', language: 'de' })).rejects.toMatchObject({
      code: 'LANGUAGE_UNSUPPORTED',
    });
    expect(addon.contextStatistics().open).toBe(0);
  });
});
