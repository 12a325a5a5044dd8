import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Measurement } from '../../dist/capability/calibration/measurement.js';
import { known, type Machine, unknown } from '../../dist/capability/machine.js';
import type { Plan, PlannableModel } from '../../dist/capability/plan.js';
import { catalogModels } from '../../dist/capability/plannable-models.js';
import { planFor } from '../../dist/capability/planner.js';
import type { Pressure } from '../../dist/capability/pressure.js';
import { probeMachine } from '../../dist/capability/probe/probe-machine.js';
import type { AvailableProvider, ProviderReport } from '../../dist/capability/provider/provider-report.js';
import { type AdviceQuestion, advice } from '../../dist/cli/doctor/advice.js';
import { describedMachine, type MachineFlags } from '../../dist/cli/doctor/described-machine.js';
import { type Diagnosis, diagnosisOf, type Findings } from '../../dist/cli/doctor/diagnosis.js';
import { diagnosisText } from '../../dist/cli/doctor/diagnosis-text.js';
import { section } from '../../dist/cli/doctor/layout.js';
import { candidatesText, measuredPlanOf } from '../../dist/cli/doctor/measured-plan.js';
import { EngineError } from '../../dist/errors.js';
import { type Recording, recordedMachines, replay } from '../machines/recorded-machine.js';
import { type Ended, ended, InstalledCli, putTiny, putTruncated } from './installed-cli.js';

const everything = catalogModels();
const base = everything.filter(({ name, variant }) => name === 'base' && variant === 'q8_0');
const features = ['AVX2', 'FMA'];

const provider: AvailableProvider = {
  kind: 'available',
  provider: 'whisper-cpp',
  system: {
    whisperVersion: '1.9.1',
    compiler: 'gcc',
    cpuFeaturesCompiled: features,
    cpuFeaturesPresent: features,
    backends: [{ name: 'CPU', description: '', kind: 'cpu', memoryBytes: 0 }],
  },
  text: 'And so',
  loadSeconds: 0.1,
  decodeSeconds: 0.2,
};

const calm: Pressure = {
  atSeconds: 0,
  memoryStall: known(0, 'the test'),
  availableMemoryBytes: known(1e9, 'the test'),
  memoryLimitHits: known(0, 'the test'),
  outOfMemoryKills: known(0, 'the test'),
  throttling: known({ periods: 0, seconds: 0 }, 'the test'),
  stolenCpuTime: known(0.01, 'the test'),
  slowedDown: known(false, 'the test'),
};

function machineOf(flags: Partial<MachineFlags>, differing: Partial<Machine> = {}): Machine {
  return { ...describedMachine({ cores: '8', memory: '8GB', ...flags }).machine, ...differing };
}

function recorded(name: string): Promise<Machine> {
  const text = readFileSync(new URL(`../machines/${name}.json`, import.meta.url), 'utf8');
  return probeMachine(replay(JSON.parse(text) as Recording));
}

function withBackend(name: string): AvailableProvider {
  const backend = { name, description: '', kind: 'gpu', memoryBytes: 0 } as const;
  return { ...provider, system: { ...provider.system, backends: [...provider.system.backends, backend] } };
}

function planOn(machine: Machine, models: readonly PlannableModel[] = everything): Plan {
  return planFor(machine, {}, models, ['CPU']);
}

/** Of a machine that has the model that suits it. */
function advised(machine: Machine, differing: Partial<AdviceQuestion> = {}): readonly string[] {
  const plan = planOn(machine);
  return advice({ machine, provider, plan, isModelHere: true, planOverCatalog: plan, pressure: calm, ...differing });
}

describe('the advice', () => {
  test('is silent where nothing could be better', () => {
    expect(advised(machineOf({}))).toEqual([]);
  });

  test.each<[about: string, given: readonly string[] | Promise<readonly string[]>, sentences: readonly string[]]>([
    [
      'a build that leaves instructions of the CPU unused',
      advised(machineOf({}), {
        provider: { ...provider, system: { ...provider.system, cpuFeaturesCompiled: ['FMA'] } },
      }),
      ['The addon was built without AVX2, which this CPU has. Build it here, with `npx whisperpool setup`.'],
    ],
    [
      'a build that is not there, or is for another system',
      advised(machineOf({}), {
        provider: { kind: 'unavailable', provider: 'whisper-cpp', step: 'binary', reason: 'It is not there.' },
      }),
      ['The addon cannot be loaded. Build it here, with `npx whisperpool setup`.'],
    ],
    [
      'half a core',
      recorded('docker-half-a-core').then((machine) => advised(machine)),
      ['The container is limited to 0.5 CPU of 8. A higher quota serves more sources.'],
    ],
    [
      'an affinity mask',
      advised(machineOf({}, { affinityCores: known(2, 'the test') })),
      ['This process may run on 2 of 8 cores only (its affinity mask).'],
    ],
    [
      'a memory limit',
      advised(machineOf({ memory: '512MB' }, { memoryLimitBytes: known(512e6, 'the test') })),
      ['The memory limit of 512.0 MB allows one slot only. More memory serves more sources.'],
    ],
    [
      'little memory without a limit',
      advised(machineOf({ memory: '512MB' })),
      ['The 435.2 MB of available memory allows one slot only. More memory serves more sources.'],
    ],
    [
      'memory that nobody could read',
      advised(machineOf({}, { availableMemoryBytes: unknown('/proc/meminfo: denied') })),
      ['The available memory is unknown, so half of it is taken for available: /proc/meminfo: denied.'],
    ],
    [
      'cores that nobody could read',
      advised(machineOf({}, { logicalCores: unknown('/sys: denied') })),
      ['The number of cores is unknown, so one is assumed: /sys: denied.'],
    ],
    [
      'a battery',
      advised(machineOf({}, { battery: known('discharging', 'the test') })),
      ['It is on battery, where processors are slower.'],
    ],
    [
      'a GPU that the addon cannot use',
      advised(machineOf({ gpuMemory: '8GB' })),
      ['a GPU with CUDA is left alone: the addon was built without a backend for it.'],
    ],
    ['a GPU that it can use', advised(machineOf({ gpuMemory: '8GB' }), { provider: withBackend('CUDA0') }), []],
    [
      'Metal that the addon cannot use',
      advised(machineOf({ metal: true })),
      ['The addon was built without Metal. Build it here, with `npx whisperpool setup`.'],
    ],
    ['Metal that it can use', advised(machineOf({ metal: true }), { provider: withBackend('Metal') }), []],
    [
      'pressure',
      advised(machineOf({}), {
        pressure: {
          ...calm,
          stolenCpuTime: known(0.123, 'the test'),
          throttling: known({ periods: 0.5, seconds: 1 }, 'the test'),
          memoryStall: known(0.07, 'the test'),
          slowedDown: known(true, 'the test'),
        },
      }),
      [
        'Other virtual machines take 12 % of the CPU time now.',
        'The CPU quota holds this process back now, in 50 % of its periods.',
        'Memory is short now: 7 % of the time is spent waiting for it.',
        'The processor is slowed down now, for heat or want of power.',
      ],
    ],
  ])('about %s', async (_, given, sentences) => {
    expect(await given).toEqual(sentences);
  });

  test('names the model that the machine could have, and what is expected of both', () => {
    const machine = machineOf({ memory: '16GB' });
    const [plan, planOverCatalog] = [planOn(machine, base), planOn(machine)];
    const sources = [planOverCatalog, plan].map(({ expected }) => expected.realTimeSources);
    expect(advised(machine, { plan, planOverCatalog })).toEqual([
      `small as q8_0 is the model for this machine (about ${sources[0]} real-time sources, where base as q8_0 serves ${sources[1]}): \`whisperpool models pull small --variant q8_0\` fetches it.`,
    ]);
    expect(advised(machine, { isModelHere: false })).toEqual([
      'small as q8_0 is not here: an engine fetches it before it serves. `whisperpool models pull small --variant q8_0` does it now.',
    ]);
    expect(advised(machine, { plan: undefined, isModelHere: false, planOverCatalog })[0]).toBe(
      'No model that is here will do; small as q8_0 would: `whisperpool models pull small --variant q8_0` fetches it.',
    );
  });
});

function diagnosed(machine: Machine, differing: Partial<Findings> = {}): Diagnosis {
  const listed = base.map(({ name, variant, sizeBytes, dimensions }) => {
    const path = `/models/ggml-${name}-${variant}.bin`;
    const identity = { path, sizeBytes, source: 'folder' } as const;
    const checks = { fileKey: '', multilingual: true, alignment: '', checked: 'structure' } as const;
    return { ...identity, state: 'good', model: { ...identity, ...checks, name, variant, dimensions } } as const;
  });
  return diagnosisOf({ machine, provider, listed, pressure: calm, language: 'auto', ...differing });
}

describe('the page of the doctor', () => {
  test('is at most 100 columns wide on every recorded machine, with every section and without control characters', async () => {
    for (const recording of recordedMachines()) {
      const text = diagnosisText(diagnosed(await probeMachine(replay(recording))));
      expect(text.split('\n').filter((line) => line.length > 100)).toEqual([]);
      expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
      expect(text.match(/^\w.*$/gmu)?.slice(0, 6)).toEqual([
        'Machine',
        'Limits',
        'Providers',
        'Models',
        'Plan',
        'Expected',
      ]);
    }
  });

  test('says of what could not be read why', async () => {
    const machine = await recorded('nothing-readable');
    const reason = machine.os.kind === 'unknown' ? machine.os.reason : 'it is known';
    expect(diagnosisText(diagnosed(machine)).replaceAll(/\s+/gu, ' ')).toContain(`System unknown (${reason})`);
  });

  test('goes by the model that the environment asks for, and says so', () => {
    const machine = machineOf({ memory: '16GB' });
    const wish = { model: 'turbo', variable: 'WHISPER_MODEL_SIZE' };
    const turbo = diagnosed(machine, { wish });
    expect(turbo).toMatchObject({ works: true, wish, plan: { model: 'large-v3-turbo', variant: 'q8_0' } });
    expect(diagnosisText(turbo)).toMatch(/^ {2}Model +large-v3-turbo +WHISPER_MODEL_SIZE says 'turbo'\.$/mu);
    expect(turbo.advice).toEqual([expect.stringMatching(/^large-v3-turbo as q8_0 is not here: /u)]);
    const here = diagnosed(machine, { wish: { model: 'base', variable: 'WHISPERPOOL_MODEL' } });
    expect(here).toMatchObject({ works: true, plan: { model: 'base' }, advice: [] });
  });

  test.each<[what: string, differing: Partial<Findings>, code: string, says: RegExp]>([
    [
      'nobody knows',
      { wish: { model: 'bsae', variable: 'WHISPERPOOL_MODEL' } },
      'MODEL_UNKNOWN',
      /None with WHISPERPOOL_MODEL=bsae: .*'base'/u,
    ],
    [
      'does not fit',
      { wish: { model: 'large-v3', variable: 'WHISPERPOOL_MODEL' } },
      'PLAN_IMPOSSIBLE',
      /None with WHISPERPOOL_MODEL=large-v3: It does not fit/u,
    ],
    [
      'is a broken file',
      {
        wish: { model: './my.bin', variable: 'WHISPERPOOL_MODEL' },
        file: new EngineError('MODEL_TRUNCATED', 'It is cut off.'),
      },
      'MODEL_TRUNCATED',
      /None with WHISPERPOOL_MODEL=\.\/my\.bin: It is cut off\./u,
    ],
  ])('works not, when the environment asks for a model that %s', (_what, differing, code, says) => {
    const diagnosis = diagnosed(machineOf({ memory: '1GB' }), differing);
    expect(diagnosis).toMatchObject({ works: false, planRefusal: { code } });
    expect(diagnosisText(diagnosis).replaceAll(/\s+/gu, ' ')).toMatch(says);
  });

  test('says why a provider is not available, that nothing works, and why there is no plan', () => {
    const crashed: ProviderReport = {
      kind: 'unavailable',
      provider: 'whisper-cpp',
      step: 'decode',
      reason: 'It hung.',
    };
    const diagnosis = diagnosed(machineOf({}), { provider: crashed });
    expect(diagnosis.works).toBe(false);
    expect(diagnosisText(diagnosis)).toMatch(/^ {2}whisper-cpp {2}not available {2}It hung\.$/mu);
    const tiny = diagnosed(machineOf({ memory: '1MB' }));
    expect(tiny.planRefusal?.code).toBe('PLAN_IMPOSSIBLE');
    expect(diagnosisText(tiny)).toMatch(/^Plan\n {2}None: It does not fit: base as q8_0/mu);
  });

  test('keeps columns, wraps the last one, breaks what is too long and writes no escape codes', () => {
    const rows = [
      ['one', 'a\u001B[31m\nb', 'word '.repeat(30).trim()],
      ['longer', 'b', 'x'.repeat(100)],
    ];
    expect(section('Head', rows).split('\n')).toEqual([
      'Head',
      `  one     a?[31m b  ${'word '.repeat(16).trim()}`,
      `                    ${'word '.repeat(14).trim()}`,
      `  longer  b         ${'x'.repeat(80)}`,
      `                    ${'x'.repeat(20)}`,
      '',
    ]);
  });

  test('shows what was measured beside the estimate, with its spread', () => {
    const diagnosis = diagnosed(machineOf({}));
    const { plan } = diagnosis;
    if (!plan) throw new Error('There is no plan.');
    const { variant, slots, threadsPerSlot, encoderContext, flashAttention, gpu } = plan;
    const candidate = { variant, slots, threadsPerSlot, encoderContext, flashAttention, gpu, memoryBytes: 1 };
    const flash = { ...candidate, flashAttention: true };
    const full = { ...candidate, encoderContext: 'full' as const };
    const trial = (audioSeconds: number, wallSeconds: number) => ({ audioSeconds, wallSeconds, warmsUp: false });
    const measurements: readonly Measurement[] = [
      { kind: 'measured', candidate, trials: [trial(4, 2), trial(4, 2.2), trial(8, 4)] },
      { kind: 'invalid', candidate: flash, reason: 'It crashed.' },
      { kind: 'unmeasured', candidate: full },
    ];
    const corrected = { ...plan, expected: { rtf: 0.5, realTimeSources: 13, memoryBytes: 350e6 } };
    const measured = measuredPlanOf(corrected, measurements);
    const shares = `${slots} × ${threadsPerSlot}`;
    expect(candidatesText(measured).split('\n')).toEqual([
      'Measured (seconds of audio decoded a second)',
      `  q8_0  ${shares}  sized context         ${(2 * slots).toPrecision(2)}  spread 10 %  chosen`,
      `  q8_0  ${shares}  sized context  flash  -${' '.repeat((2 * slots).toPrecision(2).length - 1)}  It crashed.`,
      `  q8_0  ${shares}  full context          -${' '.repeat((2 * slots).toPrecision(2).length - 1)}  no time`,
      '',
    ]);
    const nothing = measuredPlanOf(plan, [{ kind: 'unmeasured', candidate }]);
    expect(diagnosisText({ ...diagnosis, measured: nothing })).not.toContain('estimate ');
    const text = diagnosisText({ ...diagnosis, measured });
    expect(text).toMatch(/estimate +measured\n +Real-time sources +\d+ +13 .*\n +Real-time factor +[\d.]+ +0\.50 /u);
  });
});

describe('a machine that is described', () => {
  test.each([
    ['512MB', 512e6],
    ['16GB', 16e9],
    ['8GiB', 8 * 2 ** 30],
    ['1.5 tb', 1.5e12],
    ['100B', 100],
  ])('has the memory %s', (memory, bytes) => {
    const { machine } = describedMachine({ cores: '2', memory });
    expect(machine.totalMemoryBytes).toEqual(known(bytes, 'the command line'));
  });

  test.each<[flag: string, flags: Partial<MachineFlags>]>([
    ['--memory', { memory: '12apples' }],
    ['--memory', { memory: '16' }],
    ['--memory', { memory: '0GB' }],
    ['--memory', { memory: '-1GB' }],
    ['--memory', { memory: '' }],
    ['--gpu-memory', { gpuMemory: 'much' }],
    ['--cores', { cores: '2.5' }],
    ['--cores', { cores: '0' }],
    ['--quota', { quota: '0' }],
    ['--quota', { quota: 'half' }],
  ])('is refused for its %s: %j', (flag, flags) => {
    const describe = () => describedMachine({ cores: '2', memory: '4GB', ...flags });
    expect(describe).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }) as EngineError);
    expect(describe).toThrow(`\`${flag}\` is '${Object.values(flags)[0] ?? ''}'; it must be `);
  });
});

let cli: InstalledCli;
beforeAll(async () => {
  cli = await InstalledCli.install();
});
afterAll(() => cli.remove());
beforeEach(() => cli.newUser());

function whisperpool(...args: readonly string[]): Promise<Ended> {
  return ended(cli.start(args));
}

function whisperpoolWith(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ended> {
  return ended(cli.start(args, environment));
}

function document({ stdout, stderr }: Ended): Diagnosis {
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Diagnosis;
}

describe('whisperpool doctor', () => {
  test('finds a provider, a model and a plan, and measures it', async () => {
    await putTiny(cli.store);
    const run = await whisperpool('doctor', '--json', '--measure', '--language', 'English');
    expect(run.exitCode).toBe(0);
    const { works, machine, limits, providers, models, plan, measured, advice, pressure } = document(run);
    expect(works).toBe(true);
    expect(machine).toMatchObject({ platform: process.platform, logicalCores: { kind: 'known' } });
    expect(JSON.stringify(machine)).not.toContain('null');
    expect(JSON.stringify(pressure)).not.toContain('nothing to compare');
    expect(limits.usableCores).toBeGreaterThanOrEqual(1);
    expect(providers).toMatchObject([{ kind: 'available', provider: 'whisper-cpp' }]);
    expect(models).toMatchObject([{ name: 'tiny.en', variant: 'q8_0' }]);
    expect(plan?.reasons.map(({ because }) => because)).not.toContain('');
    expect(plan).toMatchObject({ model: 'tiny.en', variant: 'q8_0' });
    expect(measured?.candidates[0]).toMatchObject({ slots: plan?.slots, threadsPerSlot: plan?.threadsPerSlot });
    expect(advice.join('\n')).toContain('`whisperpool models pull');

    // What an engine would remember of it is on the page without measuring again.
    const later = document(await whisperpool('doctor', '--json', '--language', 'English'));
    expect(later.measured?.candidates[0]?.throughput).toBe(measured?.candidates[0]?.throughput);
    const off = await whisperpoolWith({ WHISPERPOOL_CALIBRATE: '0' }, 'doctor', '--json', '--language', 'English');
    expect(document(off).measured).toBeUndefined();
  });

  test('plans with the file that the environment names', async () => {
    const path = await putTiny(cli.project);
    const run = await whisperpoolWith({ WHISPERPOOL_MODEL: './ggml-tiny.en-q8_0.bin' }, 'doctor', '--json', '-l', 'en');
    expect(run.exitCode).toBe(0);
    expect(document(run)).toMatchObject({ works: true, providers: [{ kind: 'available' }], plan: { model: path } });
  });

  test('exits with 3 and says what to fetch when no model is here, though the binary loads', async () => {
    const { exitCode, stdout, stderr } = await whisperpool('doctor');
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: '' });
    expect(stdout.replaceAll(/\s+/gu, ' ')).toContain(
      'whisper-cpp not available Its binary loads, but there is no model here to decode with.',
    );
    expect(stdout).toMatch(/^Models\n {2}none$/mu);
    expect(stdout).toMatch(/^ {2}- +No model that is here will do; /mu);
  });

  test('exits with 3 and names a damaged model', async () => {
    await putTruncated(cli.store);
    const run = await whisperpool('doctor', '--json');
    expect(run.exitCode).toBe(3);
    expect(document(run)).toMatchObject({ works: false, models: [{ code: 'MODEL_TRUNCATED' }] });
  });

  test('refuses a language that nobody speaks', async () => {
    const { exitCode, stdout, stderr } = await whisperpool('doctor', '--language', 'klingon');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('(LANGUAGE_UNKNOWN)');
  });
});

describe('whisperpool plan', () => {
  test.each([
    ['--cores 8 --memory 16GB --metal', { model: 'small', variant: 'f16', gpu: true, slots: 2 }],
    ['--cores 8 --memory 32GB --gpu-memory 8GB', { model: 'large-v3-turbo', gpu: true }],
    ['--cores 4 --memory 512MB --quota 0.5', { model: 'base', slots: 1, threadsPerSlot: 1, gpu: false }],
    ['--cores 2 --memory 16GB --model tiny --slots 1', { model: 'tiny', slots: 1 }],
    ['--cores 8 --memory 16GB --language en', { model: 'small.en' }],
  ])('%s', async (line, plan) => {
    const run = await whisperpool('plan', '--json', ...line.split(' '));
    expect(run.exitCode).toBe(0);
    expect(document(run).plan).toMatchObject(plan);
  });

  test('prints the description, the settings with their reasons, and what to expect', async () => {
    const { exitCode, stdout, stderr } = await whisperpool('plan', '--cores', '4', '--quota', '0.5', '--memory', '4GB');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(
      /^Machine\n {2}Cores {3}4, under a quota of 0\.5 CPU\n {2}Memory {2}4\.0 GB, of which 3\.4 GB/u,
    );
    expect(stdout).toMatch(/^ {2}Slots +1 +\w/mu);
    expect(stdout).toMatch(/^ {2}Real-time sources +\d+ +with speech all the time$/mu);
  });

  test.each([
    ['--cores 8 --memory 16apples', 'OPTION_INVALID'],
    ['--cores 8 --memory 16GB --slots two', 'OPTION_INVALID'],
    ['--cores 8 --memory 16GB --model nobody', 'MODEL_UNKNOWN'],
    ['--cores 8 --memory 64MB', 'PLAN_IMPOSSIBLE'],
  ])('%s exits with 2', async (line, code) => {
    const { exitCode, stdout, stderr } = await whisperpool('plan', ...line.split(' '));
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(`(${code})`);
  });
});
