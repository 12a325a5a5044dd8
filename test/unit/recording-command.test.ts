import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Ended, ended, InstalledCli } from './installed-cli.js';
import { ladderWorld } from './ladder-world.js';
import { talk } from './live-source.js';

let cli: InstalledCli;
let recorded: string;
beforeAll(async () => {
  cli = await InstalledCli.install();
  const { ladder, add, second, end } = ladderWorld();
  const recording = ladder.recordings.start();
  const sources = [add('one', 'critical'), add('two', 'normal'), add('three', 'background')];
  for (let at = 0; at < 30; at += 1) await second(sources, 1.5, talk(0.8, 0.2));
  recorded = recording.stop();
  await end();
});
beforeEach(async () => {
  await cli.newUser();
  await writeFile(join(cli.project, 'incident.jsonl'), recorded);
});
afterAll(() => cli.remove());

function simulate(...args: readonly string[]): Promise<Ended> {
  return ended(cli.start(['simulate', 'incident.jsonl', ...args]));
}

const stays = `export default {
  name: 'stays',
  rungs: [{ name: 'requested', plan: {} }],
  decide: ({ rung }) => ({ rung: 0, reason: 'It stays.', evidence: {} }),
};`;

describe('whisperpool simulate, with a recording', () => {
  test('takes the recorded machine, and says that the policy of the run decides the same', async () => {
    const { exitCode, stdout, stderr } = await simulate();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^INCIDENT\.JSONL, 0:30 +STANDARD ON RECORDED, 2 SLOTS, BASE$/mu);
    expect(stdout).toMatch(/^To what was recorded it says the same: 30 decisions\.$/mu);
  });

  test('says where another policy decides otherwise, and simulates on another machine when told so', async () => {
    await writeFile(join(cli.project, 'stays.mjs'), stays);
    await writeFile(join(cli.project, 'machine.json'), '{"name":"eight","slots":8}');
    const { exitCode, stdout } = await simulate('--policy', 'stays.mjs', '--machine', 'machine.json');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/STAYS ON EIGHT$/mu);
    expect(stdout).toMatch(
      /^To what was recorded it says something else in \d+ of 30 .* rung 0 instead of [1-5]: It stays\.$/mu,
    );
  });

  test('has all of the replay in its JSON', async () => {
    const { stdout } = await simulate('--json');
    const { replay } = JSON.parse(stdout) as { replay: { ticks: unknown[]; differences: unknown[] } };
    expect(replay).toMatchObject({ policy: 'standard', differences: [], faults: [] });
    expect(replay.ticks).toHaveLength(30);
  });
});
