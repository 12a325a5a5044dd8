import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { usableCores } from '../../dist/capability/machine.js';
import { planFor } from '../../dist/capability/planner.js';
import { probeMachine } from '../../dist/capability/probe/probe-machine.js';
import { type Clock, systemClock } from '../../dist/clock.js';
import { type CalibratedPlanOptions, type Calibration, calibratedPlan } from '../../dist/engine/calibrated-plan.js';
import { resolveModel } from '../../dist/model/resolve.js';
import { loadAddon } from '../../dist/provider/addon.js';

const machine = await probeMachine();
const tiny = await resolveModel('tiny.en');
const available = process.availableMemory();
const order: CalibratedPlanOptions = {
  plan: planFor(machine, { model: 'tiny.en', language: 'en' }, [{ ...tiny, languages: 'en' }]),
  machine,
  usableCores: usableCores(machine),
  limits: [{ of: 'memory', availableBytes: available, allowanceBytes: available }],
  models: [tiny],
  whisperVersion: loadAddon().systemInformation().whisperVersion,
  clock: systemClock,
  nowSeconds: 1_800_000_000,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calibration-turns-'));
  vi.stubEnv('WHISPERPOOL_CACHE', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** A lock as another process holds it. */
async function lock(): Promise<string> {
  const path = join(folder, 'calibration.json.lock');
  await mkdir(path);
  return path;
}

/** The first look sets the end of the waiting; at the next it is over, and from then on time goes as it does. */
function lateClock(): Clock {
  let aheadSeconds = 0;
  const nowSeconds = () => {
    const seconds = systemClock.nowSeconds() + aheadSeconds;
    aheadSeconds = 60;
    return seconds;
  };
  return { nowSeconds, after: (delaySeconds, wake) => systemClock.after(delaySeconds, wake) };
}

function isMeasured({ measurements, source }: Calibration): boolean {
  return source === 'measured' && measurements[0]?.kind === 'measured';
}

/** Plans as an engine does, and calibrates when it is told to. */
class Starter {
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  constructor() {
    const module = (path: string) => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href);
    const program = `import { calibratePlan, planEngine } from ${module('engine/planning.js')};
      import { ModelStore } from ${module('model/store/store.js')};
      const store = new ModelStore();
      const planned = await planEngine({ model: 'tiny.en', variant: 'auto', language: 'en', store, options: {} });
      console.log('ready');
      for await (const _ of process.stdin) break;
      const { source, measurements } = await calibratePlan(planned, {});
      console.log(source + ' ' + measurements[0].kind);`;
    this.#child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout ?? process.stdin });
  }

  async line(): Promise<string> {
    const [line] = (await once(this.#lines, 'line')) as [string];
    return line;
  }

  go(): void {
    this.#child.stdin?.write('\n');
  }

  async die(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}

test('of three processes that start together one measures, and the others know what it found', async () => {
  const starters = Array.from({ length: 3 }, () => new Starter());
  expect(await Promise.all(starters.map((starter) => starter.line()))).toEqual(['ready', 'ready', 'ready']);
  const said = starters.map((starter) => starter.line());
  for (const starter of starters) starter.go();
  expect((await Promise.all(said)).sort()).toEqual(['measured measured', 'remembered measured', 'remembered measured']);
  expect(await readdir(folder)).toEqual(expect.arrayContaining(['calibration.json']));
  expect(await readdir(folder)).not.toContain('calibration.json.lock');
});

test('the turn of a process that was killed while it measured is taken over when it is old', async () => {
  const starter = new Starter();
  await starter.line();
  starter.go();
  const path = join(folder, 'calibration.json.lock');
  await vi.waitFor(async () => expect(await readdir(folder)).toContain('calibration.json.lock'), { timeout: 10_000 });
  await starter.die();
  expect(await readdir(folder)).toContain('calibration.json.lock');
  await utimes(path, 0, 0);
  expect(isMeasured(await calibratedPlan(order))).toBe(true);
  expect(await readdir(folder)).toEqual(['calibration.json']);
});

test('who has waited too long does without, unless it must be measured', async () => {
  await lock();
  const late = await calibratedPlan({ ...order, clock: lateClock() });
  expect(late.plan).toEqual(order.plan);
  expect(late.measurements.every(({ kind }) => kind === 'unmeasured')).toBe(true);
  // Nor is the turn of the other taken from it.
  expect(await readdir(folder)).toEqual(['calibration.json.lock']);

  expect(isMeasured(await calibratedPlan({ ...order, clock: lateClock(), again: true }))).toBe(true);
});

test('who only asks for what is remembered neither waits nor takes a turn', async () => {
  await lock();
  const { source, measurements } = await calibratedPlan({ ...order, budgetSeconds: 0 });
  expect(source).toBe('measured');
  expect(measurements.every(({ kind }) => kind === 'unmeasured')).toBe(true);
  expect(await readdir(folder)).toEqual(['calibration.json.lock']);
});

test('the signal ends the waiting', async () => {
  await lock();
  const abort = new AbortController();
  const waiting = calibratedPlan({ ...order, signal: abort.signal });
  setImmediate(() => abort.abort());
  await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
});

test('where no turn can be kept it is measured all the same', async () => {
  vi.stubEnv('WHISPERPOOL_CACHE', join(folder, 'file', 'folder'));
  await writeFile(join(folder, 'file'), '');
  expect(isMeasured(await calibratedPlan(order))).toBe(true);
});
