import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Plan } from '../../dist/index.js';
import { bundled, jfkSays, spoken } from './clips.js';
import { type GroupLimits, LimitedGroup } from './limited-group.js';

const library = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href);
const jfk = JSON.stringify(bundled('jfk.wav'));
const mebibyte = 2 ** 20;
const limits = { memory: { memoryBytes: 448 * mebibyte }, cpu: { cpuCores: 0.5 } };

interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Served {
  readonly plan: Plan;
  readonly texts: readonly string[];
}

let cache: string;
let group: LimitedGroup | undefined;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'cgroup-limits-'));
});
afterEach(async () => {
  await group?.remove();
  group = undefined;
  await rm(cache, { recursive: true });
});

/** Makes an engine with these options in a new group, and has it transcribe as many times at once as it has slots. */
async function serve(within: GroupLimits, options: string): Promise<Ended> {
  group = LimitedGroup.make(within);
  const program = `import { createEngine } from ${library};
    const engine = await createEngine(${options});
    const clips = Array.from({ length: engine.plan.slots }, () => ${jfk});
    const transcripts = await Promise.all(clips.map((clip) => engine.transcribe(clip)));
    console.log(JSON.stringify({ plan: engine.plan, texts: transcripts.map(({ text }) => text) }));
    await engine.close();`;
  const child = group.start(program, {
    PATH: process.env['PATH'],
    WHISPERPOOL_CACHE: cache,
    WHISPERPOOL_CALIBRATE: '0',
    WHISPERPOOL_OFFLINE: '1',
  });
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('close', (exitCode, signal) => resolve([exitCode, signal])).on('error', reject);
  });
  const printed = [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : ''));
  const [[exitCode, signal], stdout = '', stderr = ''] = await Promise.all([ended, ...printed]);
  return { exitCode, signal, stdout, stderr };
}

function served({ stdout, ...ended }: Ended): Served {
  expect(ended).toEqual({ exitCode: 0, signal: null, stderr: '' });
  const outcome = JSON.parse(stdout) as Served;
  for (const said of outcome.texts) expect(spoken(said)).toContain(jfkSays);
  return outcome;
}

describe.skipIf(!LimitedGroup.canBeMade(limits.memory))(
  'in 448 MiB (needs root, and control groups that may be made)',
  () => {
    test('an engine for English takes a model that fits on two slots, and both decode at once', async () => {
      const { plan, texts } = served(await serve(limits.memory, "{ slots: 2, language: 'en' }"));
      expect(['base.en', 'base', 'tiny.en', 'tiny']).toContain(plan.model);
      expect(plan.slots).toBe(2);
      expect(texts).toHaveLength(2);
      expect(plan.reasons.find(({ setting }) => setting === 'model')).toMatchObject({
        by: 'limit',
        because: expect.stringMatching(/, but base as \w+ on 2 slots takes about \d+ MiB of memory, .* may be used\.$/),
      });
      expect(group?.outOfMemoryKills).toBe(0);
      // Where the kernel keeps it: the process was in the group.
      expect(group?.mostMemoryBytes).not.toBeLessThan(100 * mebibyte);
    });

    test('an engine that is told nothing takes no more slots than memory holds, and says so', async () => {
      const { plan } = served(await serve(limits.memory, '{}'));
      expect(['base', 'tiny']).toContain(plan.model);
      expect(group?.outOfMemoryKills).toBe(0);
      // One core holds it back before memory does.
      if (plan.slots * plan.threadsPerSlot === 1) return;
      expect(plan.slots).toBe(1);
      expect(plan.reasons.find(({ setting }) => setting === 'slots')).toMatchObject({
        by: 'limit',
        because: expect.stringMatching(/^Memory holds no more: .* MiB may be used\.$/),
      });
    });

    test('what cannot fit is refused with the numbers, and nothing is killed', async () => {
      const { exitCode, signal, stderr } = await serve(limits.memory, "{ model: 'base', slots: 8 }");
      expect({ exitCode, signal }).toEqual({ exitCode: 1, signal: null });
      expect(stderr).toMatch(/PLAN_IMPOSSIBLE/);
      expect(stderr).toMatch(/It does not fit: base as \w+ on 8 slots takes about \d+ MiB of memory/);
      expect(group?.outOfMemoryKills).toBe(0);
    });
  },
);

test.skipIf(!LimitedGroup.canBeMade(limits.cpu))(
  'with half a core an engine has one slot of one thread, and says why (needs root, and control groups that may be made)',
  async () => {
    const { plan } = served(await serve(limits.cpu, "{ language: 'en' }"));
    expect(plan).toMatchObject({ slots: 1, threadsPerSlot: 1 });
    const because = plan.reasons.filter(({ by }) => by === 'limit').map((reason) => [reason.setting, reason.because]);
    expect(Object.fromEntries(because)).toMatchObject({
      slots: 'The CPU quota of 0.5 allows no more than one core: one more slot would only wait.',
      threadsPerSlot: 'The CPU quota of 0.5 allows no more than one core: one more thread would only wait.',
    });
  },
);
