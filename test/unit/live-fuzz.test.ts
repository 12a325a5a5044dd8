import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { Spool } from '../../dist/session/spool.js';
import { Chance } from '../chance.js';
import { LiveFuzz } from '../live-fuzz.js';
import { CountedBuffers, settled } from '../live-world.js';
import { ScriptedSpool } from '../scripted-spool.js';

// What is wrong shows as a promise that never settles; how long the whole takes is not judged here.
vi.setConfig({ testTimeout: 300_000 });

/** One interleaving again: its number, as a failure gives it. */
const again = process.env['LIVE_FUZZ_SEED'];
const interleavings = 10_000;
const stepsEach = 30;

/** What must have been told somewhere; else chance does not get to where things can go wrong. */
const mustBeTold = [
  ...['speech-start', 'partial', 'plan', 'end', 'final', 'final, forced', 'final, late', 'final, forced, late'],
  ...['shed', 'suppressed', 'failed', 'aborted', 'worker-died', 'spool-failed'].map((reason) => `gap: ${reason}`),
  'error: WORKER_DIED',
];

interface Setting {
  readonly buffers: CountedBuffers;
  readonly spool: Spool;
  readonly tally?: Map<string, number>;
  readonly breath?: () => Promise<void>;
}

async function play(seed: number, { buffers, spool, tally, breath = settled }: Setting): Promise<void> {
  const fuzz = new LiveFuzz(new Chance(seed), { buffers, spool }, tally);
  try {
    for (let step = 0; step < stepsEach; step += 1) {
      fuzz.step();
      await breath();
      fuzz.look();
    }
    await fuzz.end(breath);
  } catch (error) {
    throw new Error(`Interleaving ${seed} went wrong; LIVE_FUZZ_SEED=${seed} plays it again. ${fuzz.story}`, {
      cause: error,
    });
  }
}

test(`${interleavings} random interleavings lose nothing, tell nothing twice and leave nothing pending`, async () => {
  const buffers = new CountedBuffers();
  const seeds = again === undefined ? Array.from({ length: interleavings }, (_, at) => at + 1) : [Number(again)];
  const tally = new Map<string, number>();
  for (const seed of seeds) await play(seed, { buffers, spool: new ScriptedSpool(), tally });
  if (again === undefined) expect([...tally.keys()]).toEqual(expect.arrayContaining(mustBeTold));
});

test('so do some that spool to a real disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'live-fuzz-'));
  try {
    for (let seed = 20_001; seed <= 20_020; seed += 1) {
      const spool = new Spool({ folder });
      const breath = async () => {
        for (let turn = 0; turn < 5; turn += 1) await setImmediate();
      };
      await play(seed, { buffers: new CountedBuffers(), spool, breath });
      await spool.close();
    }
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
