import { beforeEach, describe, expect, test } from 'vitest';
import type { LoadedModel } from '../../dist/engine/model-loader.js';
import { ResidentModels } from '../../dist/engine/resident-models.js';
import { catalog } from '../../dist/model/catalog.js';
import type { SlotOutcome, SlotPool } from '../../dist/pool/slot-pool.js';
import type { Chunk } from '../../dist/provider/recognition.js';

/** Slots whose decodes end when the test says so. */
class ScriptedPool {
  readonly unloaded: string[] = [];
  readonly decodes: { readonly path: string; end(): void }[] = [];

  decode({ path }: { readonly path: string }) {
    const outcome = new Promise<SlotOutcome>((resolve) => {
      this.decodes.push({ path, end: () => resolve({} as SlotOutcome) });
    });
    return { outcome, stop: () => undefined };
  }

  unload({ path }: { readonly path: string }): Promise<void> {
    this.unloaded.push(path);
    return Promise.resolve();
  }
}

function modelOf(name: string): LoadedModel {
  const dimensions = catalog.find((model) => model.name === name)?.dimensions;
  return { model: { name, dimensions }, use: { path: name } } as unknown as LoadedModel;
}

const base = modelOf('base');
const tiny = modelOf('tiny');
const english = modelOf('tiny.en');
const chunkIn = (language: string) => ({ language }) as Chunk;
const settle = () => new Promise((resolve) => setImmediate(resolve));

let pool: ScriptedPool;
let residents: ResidentModels;
beforeEach(() => {
  pool = new ScriptedPool();
  residents = new ResidentModels(pool as unknown as SlotPool, 1);
});

describe('a model that serves no longer', () => {
  test('is given back at once when nothing is decoded with it', () => {
    residents.serve(base);
    residents.serve(tiny);
    expect(pool.unloaded).toEqual(['base']);
    expect(residents.serving).toBe(tiny);
  });

  test('is given back when its last decode has ended', async () => {
    residents.serve(base);
    void residents.decode(chunkIn('en'));
    void residents.decode(chunkIn('en'));
    residents.serve(tiny);
    pool.decodes[0]?.end();
    await settle();
    expect(pool.unloaded).toEqual([]);
    pool.decodes[1]?.end();
    await settle();
    expect(pool.unloaded).toEqual(['base']);
  });

  test('and served twice, with a decode under way in between, is given back all the same', async () => {
    residents.serve(base);
    void residents.decode(chunkIn('en'));
    residents.serve(tiny);
    residents.serve(base);
    pool.decodes[0]?.end();
    await settle();
    expect(pool.unloaded).toEqual(['tiny']);
    residents.serve(tiny);
    await settle();
    expect(pool.unloaded).toEqual(['tiny', 'base']);
  });

  test('stays for work in a language that the new one does not speak, and decodes it', async () => {
    residents.serve(base);
    const german = residents.hold();
    german.language = 'de';
    const unsure = residents.hold();
    unsure.language = 'auto';
    residents.serve(english);
    for (const language of ['de', 'en', 'auto']) void residents.decode(chunkIn(language));
    expect(pool.decodes.map(({ path }) => path)).toEqual(['base', 'tiny.en', 'base']);
    for (const decode of pool.decodes) decode.end();
    await settle();
    residents.release(german);
    expect(pool.unloaded).toEqual([]);
    residents.release(unsure);
    expect(pool.unloaded).toEqual(['base']);
  });

  test('stays while it is among those that are kept, the oldest going first', () => {
    residents = new ResidentModels(pool as unknown as SlotPool, 2);
    for (const model of [base, tiny, base, english]) residents.serve(model);
    expect(pool.unloaded).toEqual(['tiny']);
  });
});

describe('a model that is kept', () => {
  test('stays beside any limit, and goes when a decode ends after nobody keeps it', async () => {
    residents.serve(base);
    residents.keep(base);
    residents.serve(english);
    residents.serve(tiny);
    expect(pool.unloaded).toEqual(['tiny.en']);
    expect([residents.kept, residents.has(base), residents.has(english)]).toEqual([base, true, false]);
    residents.keep(undefined);
    void residents.decode(chunkIn('en'));
    expect(pool.decodes.map(({ path }) => path)).toEqual(['tiny']);
    pool.decodes[0]?.end();
    await settle();
    expect(pool.unloaded).toEqual(['tiny.en', 'base']);
  });

  test('decodes what the one that serves does not speak, and serves again as it is', () => {
    residents.serve(base);
    residents.keep(base);
    residents.serve(english);
    for (const language of ['de', 'en', 'auto']) void residents.decode(chunkIn(language));
    expect(pool.decodes.map(({ path }) => path)).toEqual(['base', 'tiny.en', 'base']);
    residents.serve(base);
    expect(residents.serving).toBe(base);
    expect(pool.unloaded).toEqual([]);
  });

  test('is none any more when everything was given back', async () => {
    residents.serve(base);
    residents.keep(base);
    await residents.clear();
    expect([residents.kept, pool.unloaded]).toEqual([undefined, ['base']]);
  });
});

test('clearing gives everything back', async () => {
  residents = new ResidentModels(pool as unknown as SlotPool, 3);
  for (const model of [base, tiny]) residents.serve(model);
  await residents.clear();
  expect(pool.unloaded).toEqual(['base', 'tiny']);
  expect(residents.serving).toBeUndefined();
});

test('a load that is not wanted any more, or that was made again, is given back by itself', async () => {
  residents.serve(base);
  await residents.discard(tiny);
  expect(pool.unloaded).toEqual(['tiny']);
  residents.serve(base);
  expect(pool.unloaded).toEqual(['tiny']);
  residents.serve(modelOf('base'));
  expect(pool.unloaded).toEqual(['tiny', 'base']);
  expect(residents.serving?.model.name).toBe('base');
});
