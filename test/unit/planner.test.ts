import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coreSpeed, decodeSeconds } from '../../dist/capability/decode-cost.js';
import { type Fact, type Gpu, known, type Machine, unknown, usableCores } from '../../dist/capability/machine.js';
import type { Plan, PlannableModel, PlanSettings, PlanWishes } from '../../dist/capability/plan.js';
import { tiers } from '../../dist/capability/plan-rules.js';
import { catalogModels, modelScale } from '../../dist/capability/plannable-models.js';
import { planFor } from '../../dist/capability/planner.js';
import { EngineError } from '../../dist/errors.js';
import { speaks } from '../../dist/model/language.js';
import { memoryNeed } from '../../dist/model/memory-need.js';

const gigabyte = 1e9;
const mebibyte = 2 ** 20;

/** What a plan looks at; what is left out is unknown. */
interface Traits {
  readonly cores?: number;
  readonly physical?: number;
  readonly slow?: number;
  readonly affinity?: number;
  readonly quota?: number;
  readonly total?: number;
  readonly available?: number;
  readonly limit?: number;
  readonly features?: readonly string[];
  readonly gpus?: readonly Gpu[];
  readonly metal?: boolean;
  readonly chip?: string;
}

function machineOf(traits: Traits): Machine {
  const nobodyAsked = unknown('a plan does not ask for it');
  return {
    platform: 'linux',
    architecture: 'x64',
    os: nobodyAsked,
    kernel: nobodyAsked,
    libc: nobodyAsked,
    container: nobodyAsked,
    cpuModel: nobodyAsked,
    logicalCores: fact(traits.cores),
    physicalCores: fact(traits.physical),
    performanceCores: nobodyAsked,
    efficiencyCores: fact(traits.slow),
    affinityCores: fact(traits.affinity),
    cpuQuotaCores: fact(traits.quota),
    cpuFeatures: fact(traits.features),
    numaNodes: nobodyAsked,
    totalMemoryBytes: fact(traits.total),
    availableMemoryBytes: fact(traits.available),
    memoryLimitBytes: fact(traits.limit),
    swapTotalBytes: nobodyAsked,
    gpus: fact(traits.gpus),
    metal: fact(traits.metal),
    appleChip: fact(traits.chip),
    battery: nobodyAsked,
  };
}

function fact<Value>(value: Value | undefined): Fact<Value> {
  return value === undefined ? unknown('the test does not say') : known(value, 'the test');
}

function nvidia(gigabytes: number): Gpu {
  return { vendor: 'nvidia', model: 'NVIDIA', memoryBytes: gigabytes * gigabyte };
}

const everything = catalogModels();
/** What comes with the package. */
const embedded = only('base q8_0', 'tiny.en q8_0');

function only(...names: readonly string[]): readonly PlannableModel[] {
  return everything.filter(({ name, variant }) => names.includes(`${name} ${variant}`));
}

function inShort(plan: PlanSettings): string {
  const { model, variant, slots, threadsPerSlot, chunkSeconds, gpu } = plan;
  return `${model} ${variant}, ${slots} × ${threadsPerSlot}, ${chunkSeconds} s, ${gpu ? 'GPU' : 'CPU'}`;
}

function planned(traits: Traits, wishes: PlanWishes = {}, models = everything, backends?: readonly string[]): string {
  return inShort(planFor(machineOf(traits), wishes, models, backends));
}

function refusal(traits: Traits, wishes: PlanWishes, models = everything): EngineError {
  try {
    planFor(machineOf(traits), wishes, models);
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error('It was planned.');
}

function reasonOf(setting: keyof PlanSettings, { reasons }: Plan): string {
  const reason = reasons.find((candidate) => candidate.setting === setting);
  return `${reason?.by}: ${reason?.because}`;
}

const vnni = ['AVX2', 'AVX512_VNNI'];
const pi4: Traits = { cores: 4, physical: 4, total: 3.98e9, available: 3.4e9, features: ['NEON'] };
const pi5: Traits = { cores: 4, physical: 4, total: 8.4e9, available: 7e9, features: ['NEON', 'DOTPROD'] };
const m2: Traits = { cores: 8, physical: 8, slow: 4, total: 17.18e9, available: 9e9, metal: true, chip: 'Apple M2' };
const cloud: Traits = { cores: 2, physical: 2, total: 25.2e9, available: 22e9, features: vnni };
const crowded: Traits = { cores: 64, total: 256e9, limit: 512 * mebibyte, available: 460 * mebibyte, features: vnni };
const epyc: Traits = { cores: 128, physical: 64, total: 540e9, available: 500e9, features: vnni };
const nvidiaBox: Traits = {
  cores: 16,
  physical: 8,
  total: 67e9,
  available: 50e9,
  features: ['AVX2'],
  gpus: [nvidia(24)],
};

describe('a machine gets its plan:', () => {
  test.each<[machine: string, traits: Traits, plan: string]>([
    ['a Raspberry Pi 4, whose four cores are needed for one decode', pi4, 'base q8_0, 1 × 4, 4 s, CPU'],
    ['a Raspberry Pi 5', pi5, 'base q8_0, 4 × 1, 4 s, CPU'],
    ['a Raspberry Pi 5 with 16 GB', { ...pi5, total: 16.9e9, available: 15e9 }, 'small q8_0, 1 × 4, 4 s, CPU'],
    ['an M2 with 8 GB', { ...m2, total: 8.59e9, available: 4e9 }, 'base f16, 2 × 3, 2 s, GPU'],
    ['an M2 with 16 GB', m2, 'small f16, 2 × 3, 2 s, GPU'],
    ['an M3 Max with 36 GB', { ...m2, total: 38.6e9, available: 20e9 }, 'large-v3-turbo f16, 2 × 3, 2 s, GPU'],
    [
      'a Mac of Intel with 32 GB, on which large-v3-turbo is not live',
      { cores: 16, physical: 8, total: 34.4e9, available: 17e9, metal: true, features: ['AVX2'] },
      'small f16, 2 × 4, 2 s, GPU',
    ],
    ['a Mac with Metal and 4 GB', { ...m2, total: 4.29e9, available: 2e9 }, 'base f16, 2 × 3, 4 s, GPU'],
    ['a virtual machine with 2 cores and 24 GB', cloud, 'small q8_0, 2 × 1, 4 s, CPU'],
    ['one with 2 cores and 4 GB', { ...cloud, total: 4.1e9, available: 3.5e9 }, 'base q8_0, 2 × 1, 4 s, CPU'],
    ['a container with half a CPU and 512 MB', { ...crowded, quota: 0.5 }, 'base q8_0, 1 × 1, 4 s, CPU'],
    ['one with two CPUs and 512 MB', { ...crowded, quota: 2 }, 'base q8_0, 2 × 1, 4 s, CPU'],
    ['one with two and a half CPUs', { ...epyc, quota: 2.5 }, 'small q8_0, 2 × 1, 4 s, CPU'],
    ['one with 256 MB', { ...crowded, limit: 256 * mebibyte, available: 240 * mebibyte }, 'none'],
    ['an EPYC with 64 cores and AVX-512', epyc, 'medium q8_0, 8 × 8, 4 s, CPU'],
    ['an older one, on which medium is not live', { ...epyc, features: ['AVX2'] }, 'small q8_0, 8 × 8, 4 s, CPU'],
    ['a desktop with 16 cores', { ...epyc, cores: 32, physical: 16, total: 67e9 }, 'small q8_0, 8 × 2, 4 s, CPU'],
    [
      'a laptop with 6 fast and 8 slow cores',
      { cores: 20, physical: 14, slow: 8, total: 33e9, available: 20e9, features: ['AVX2'] },
      'small q8_0, 7 × 2, 4 s, CPU',
    ],
    ['a process that may run on 3 cores of 64', { ...epyc, affinity: 3 }, 'small q8_0, 3 × 1, 4 s, CPU'],
    ['nothing that could be read', {}, 'base q8_0, 1 × 1, 4 s, CPU'],
  ])('%s', (_machine, traits, plan) => {
    if (plan === 'none') expect(refusal(traits, {}).code).toBe('PLAN_IMPOSSIBLE');
    else expect(planned(traits)).toBe(plan);
  });

  test.each<[gpu: string, traits: Traits, backends: readonly string[] | undefined, plan: string]>([
    ['an NVIDIA card with 24 GB', nvidiaBox, ['CPU', 'CUDA'], 'large-v3-turbo f16, 2 × 4, 2 s, GPU'],
    ['one with 4 GB', { ...nvidiaBox, gpus: [nvidia(4)] }, ['CUDA'], 'small f16, 2 × 4, 2 s, GPU'],
    ['one with 1 GB', { ...nvidiaBox, gpus: [nvidia(1)] }, ['CUDA'], 'small q8_0, 4 × 2, 4 s, CPU'],
    ['one that the addon was not built for', nvidiaBox, ['CPU'], 'small q8_0, 4 × 2, 4 s, CPU'],
    ['one while nobody has asked the addon', nvidiaBox, undefined, 'small q8_0, 4 × 2, 4 s, CPU'],
    [
      'an AMD card, by Vulkan',
      { ...nvidiaBox, gpus: [{ vendor: 'amd', model: 'Radeon', memoryBytes: 16e9 }] },
      ['CPU', 'Vulkan'],
      'large-v3-turbo f16, 2 × 4, 2 s, GPU',
    ],
    [
      'a card whose memory could not be read',
      { ...nvidiaBox, gpus: [{ ...nvidia(0), memoryBytes: undefined }] },
      ['CUDA'],
      'small q8_0, 4 × 2, 4 s, CPU',
    ],
    ['Metal, in an addon without it', m2, ['CPU'], 'small q8_0, 6 × 1, 4 s, CPU'],
  ])('%s', (_gpu, traits, backends, plan) => {
    expect(planned(traits, {}, everything, backends)).toBe(plan);
  });

  test.each<[floor: string, traits: Traits, plan: string]>([
    ['Metal and 8 GB give base and 2 s', { ...m2, total: 8e9, available: 4e9 }, 'base.en f16, 2 × 3, 2 s, GPU'],
    [
      '16 GB without Metal give small.en and 4 s',
      { ...pi4, total: 16e9, available: 8e9 },
      'small.en q8_0, 1 × 4, 4 s, CPU',
    ],
    ['anything else gives base.en and 4 s', { ...pi4, total: 2e9, available: 1e9 }, 'base.en q8_0, 1 × 4, 4 s, CPU'],
  ])('never less than the floor: %s', (_floor, traits, plan) => {
    expect(planned(traits, { language: 'en' })).toBe(plan);
  });
});

describe('of the models that are here', () => {
  test.each<[what: string, wishes: PlanWishes, models: readonly PlannableModel[], plan: string]>([
    ['the next smaller one stands in', {}, embedded, 'base q8_0, 2 × 1, 4 s, CPU'],
    ['the larger of the smaller ones', { language: 'en' }, embedded, 'base q8_0, 2 × 1, 4 s, CPU'],
    ['English takes its own', { language: 'English' }, everything, 'small.en q8_0, 2 × 1, 4 s, CPU'],
    ['any language takes one that knows many', { language: 'auto' }, everything, 'small q8_0, 2 × 1, 4 s, CPU'],
    [
      'a larger one, where none smaller speaks the language',
      { language: 'yue' },
      everything,
      'large-v3-turbo q8_0, 1 × 2, 4 s, CPU',
    ],
    ['q8_0 before f16', {}, only('base f16', 'base q8_0', 'base q5_1'), 'base q8_0, 2 × 1, 4 s, CPU'],
    ['f16 before q5_1', {}, only('base f16', 'base q5_1'), 'base f16, 2 × 1, 4 s, CPU'],
    [
      'a better model in any variant before a smaller one',
      {},
      only('small q5_1', 'base q8_0'),
      'small q5_1, 1 × 2, 4 s, CPU',
    ],
  ])('%s', (_what, wishes, models, plan) => {
    expect(planned(cloud, wishes, models)).toBe(plan);
  });

  test.each<[what: string, available: number, plan: string]>([
    ['is all that is wanted', 2000, 'base q8_0, 4 × 1, 4 s, CPU'],
    ['costs a slot', 640, 'base q8_0, 3 × 1, 4 s, CPU'],
    ['costs all slots but one', 430, 'base q8_0, 1 × 4, 4 s, CPU'],
    ['costs the variant', 330, 'base q5_1, 1 × 4, 4 s, CPU'],
    ['costs the model', 290, 'tiny q8_0, 1 × 4, 4 s, CPU'],
    ['costs everything', 200, 'none'],
  ])('what memory holds of it %s at %i MiB', (_what, mebibytes, plan) => {
    const traits = { ...pi5, features: vnni, available: mebibytes * mebibyte };
    if (plan === 'none') expect(refusal(traits, {}).code).toBe('PLAN_IMPOSSIBLE');
    else expect(planned(traits)).toBe(plan);
  });
});

describe('what the user says', () => {
  test.each<[what: string, wishes: PlanWishes, plan: string]>([
    ['a model', { model: 'tiny' }, 'tiny q8_0, 2 × 1, 4 s, CPU'],
    ['an alias', { model: 'turbo' }, 'large-v3-turbo q8_0, 1 × 2, 4 s, CPU'],
    ['an English model for any language', { model: 'base.en' }, 'base.en q8_0, 2 × 1, 4 s, CPU'],
    ['a variant', { variant: 'f16' }, 'small f16, 2 × 1, 4 s, CPU'],
    ['a kind of variant', { model: 'tiny', variant: 'int4' }, 'tiny q5_1, 2 × 1, 4 s, CPU'],
    ['both in one word', { model: 'tiny-q5_1' }, 'tiny q5_1, 2 × 1, 4 s, CPU'],
    ['slots', { slots: 1 }, 'small q8_0, 1 × 2, 4 s, CPU'],
    ['more slots than cores', { slots: 6 }, 'small q8_0, 6 × 1, 4 s, CPU'],
    ['threads', { threadsPerSlot: 2 }, 'small q8_0, 1 × 2, 4 s, CPU'],
    ['more threads than cores', { threadsPerSlot: 5 }, 'small q8_0, 1 × 5, 4 s, CPU'],
    ['both', { slots: 3, threadsPerSlot: 2 }, 'small q8_0, 3 × 2, 4 s, CPU'],
    ['the length of a chunk', { chunkSeconds: 8 }, 'small q8_0, 2 × 1, 8 s, CPU'],
    ['that there is a GPU', { gpu: true }, 'small q8_0, 2 × 1, 4 s, GPU'],
  ])('is kept: %s', (_what, wishes, plan) => {
    expect(planned(cloud, wishes)).toBe(plan);
  });

  test('is kept: no GPU, full context, flash attention', () => {
    const plan = planFor(machineOf(m2), { gpu: false, encoderContext: 'full', flashAttention: true }, everything);
    expect(plan).toMatchObject({ gpu: false, encoderContext: 'full', flashAttention: true, model: 'small' });
  });

  test('about a GPU is believed against the addon', () => {
    expect(planned(nvidiaBox, { gpu: true })).toBe('large-v3-turbo f16, 2 × 4, 2 s, GPU');
  });

  test('about a GPU that is too small is refused, not done without', () => {
    const error = refusal({ ...nvidiaBox, gpus: [nvidia(2)] }, { gpu: true, model: 'large-v3' });
    expect(error.code).toBe('PLAN_IMPOSSIBLE');
    expect(error.message).toContain('of GPU memory');
  });

  test('is a file: that file, in whichever variant it is', () => {
    const files = only('tiny q5_1').map((model) => ({ ...model, name: '/srv/my.bin' }));
    const plan = planFor(machineOf(cloud), { model: '/srv/my.bin', variant: 'int8' }, files);
    expect(inShort(plan)).toBe('/srv/my.bin q5_1, 2 × 1, 4 s, CPU');
    expect(reasonOf('variant', plan)).toBe('rule: It is what the file holds.');
  });

  test('more memory may be used than by default', () => {
    const tight = { ...crowded, available: 330 * mebibyte };
    expect(planned(tight)).toBe('base q5_1, 1 × 8, 4 s, CPU');
    expect(planned(tight, { memoryShare: 0.8 })).toBe('base q8_0, 1 × 8, 4 s, CPU');
  });

  test.each<[what: string, wishes: PlanWishes, code: string, words: string]>([
    ['more than memory holds', { model: 'large-v3', slots: 256 }, 'PLAN_IMPOSSIBLE', '256 slots takes about'],
    [
      'a language that the model does not speak',
      { model: 'base.en', language: 'de' },
      'LANGUAGE_UNSUPPORTED',
      'base.en',
    ],
    ['a language that does not exist', { language: 'klingon' }, 'LANGUAGE_UNKNOWN', 'klingon'],
    ['a model that does not exist', { model: 'bsae' }, 'MODEL_UNKNOWN', "Did you mean 'base'?"],
    ['a file that nobody has read', { model: './my.bin' }, 'MODEL_MISSING', 'my.bin'],
    ['a variant that is nowhere', { variant: 'q4_0' }, 'MODEL_VARIANT_MISSING', 'q4_0'],
    ['another provider', { provider: 'magic' }, 'OPTION_INVALID', '`provider` is magic'],
    ['no slots', { slots: 0 }, 'OPTION_INVALID', '`slots` is 0'],
    ['half a thread', { threadsPerSlot: 0.5 }, 'OPTION_INVALID', '`threadsPerSlot` is 0.5'],
    ['chunks of a minute', { chunkSeconds: 60 }, 'OPTION_INVALID', '`chunkSeconds` is 60'],
    ['more than all memory', { memoryShare: 1.5 }, 'OPTION_INVALID', '`memoryShare` is 1.5'],
    [
      'an encoder context of another kind',
      { encoderContext: 'half' as 'full' },
      'OPTION_INVALID',
      '`encoderContext` is half',
    ],
    ['a GPU by name', { gpu: 'yes' as unknown as boolean }, 'OPTION_INVALID', '`gpu` is yes'],
  ])('is refused by name: %s', (_what, wishes, code, words) => {
    const error = refusal(cloud, wishes);
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  test.each<[what: string, wishes: PlanWishes, models: readonly PlannableModel[], code: string, words: string]>([
    ['no models at all', {}, [], 'MODEL_MISSING', 'models pull base'],
    ['not the one that is wanted', { model: 'small' }, embedded, 'MODEL_MISSING', 'models pull small'],
    [
      'only English ones for any language',
      {},
      only('tiny.en q8_0'),
      'LANGUAGE_UNSUPPORTED',
      "set the language to 'en'",
    ],
    ['none for this language', { language: 'yue' }, embedded, 'LANGUAGE_UNSUPPORTED', 'models pull large-v3-turbo'],
  ])('is refused where there are %s', (_what, wishes, models, code, words) => {
    const error = refusal(cloud, wishes, models);
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  test('is refused with a model that would fit, where none of those here does', () => {
    const numbers = 'base as q8_0 on 3 slots takes about 330 MiB of memory, and up to 466 MiB after retries';
    const { code, message } = refusal(crowded, { slots: 3 }, embedded);
    expect(code).toBe('PLAN_IMPOSSIBLE');
    expect(message).toContain(`It does not fit: ${numbers}`);
    expect(message).toMatch(
      /Take fewer slots or a smaller model \(`whisperpool models pull tiny --variant q8_0`\), or /,
    );
    expect(refusal({ ...crowded, available: 100 * mebibyte }, {}, embedded).message).toMatch(/used\. Give it more/);
  });

  test('is refused with the numbers', () => {
    expect(refusal(crowded, { model: 'base', slots: 3 }).message).toBe(
      'It does not fit: base as q5_1 on 3 slots takes about 309 MiB of memory, and up to 445 MiB after retries at full encoder context, ' +
        'where 276 MiB of 460 MiB may be used. Take fewer slots or a smaller model, or give it more memory.',
    );
  });
});

describe('the reason', () => {
  const forSixteen = 'is the model for a CPU with 16 GB of memory or more';
  const oneTooMany =
    'on 3 slots takes about 330 MiB of memory, and up to 466 MiB after retries at full encoder context';
  const noBase =
    'base as q5_1 on 3 slots takes about 309 MiB of memory, and up to 445 MiB after retries at full encoder context';
  const noQ8 =
    'base as q8_0 on one slot takes about 208 MiB of memory, and up to 253 MiB after retries at full encoder context';

  test.each<[setting: keyof PlanSettings, traits: Traits, wishes: PlanWishes, reason: string]>([
    ['provider', cloud, {}, 'rule: It is the provider that comes with the engine.'],
    ['provider', cloud, { provider: 'whisper-cpp' }, 'user: It was asked for.'],
    ['model', cloud, { language: 'en' }, `rule: small.en ${forSixteen}.`],
    ['model', cloud, { model: 'base' }, 'user: It was asked for.'],
    ['model', cloud, { model: 'turbo' }, "user: It was asked for. As 'turbo'."],
    [
      'model',
      cloud,
      { language: 'yue' },
      `limit: small ${forSixteen}, but the smallest here that can be chosen is large-v3-turbo.`,
    ],
    [
      'model',
      crowded,
      { slots: 3 },
      `limit: base is the model for a CPU with less than 16 GB of memory, but ${noBase}, where 276 MiB of 460 MiB may be used.`,
    ],
    ['variant', cloud, {}, 'rule: It is as accurate as f16, no slower, and half the size.'],
    ['variant', m2, {}, 'rule: GPUs are fastest with it.'],
    ['variant', cloud, { variant: 'int8' }, 'user: It was asked for.'],
    ['variant', cloud, { model: 'base-q5_1' }, 'user: It was asked for.'],
    [
      'variant',
      { ...pi5, available: 330 * mebibyte },
      {},
      `limit: Better is too large: ${noQ8}, where 198 MiB of 330 MiB may be used.`,
    ],
    ['slots', cloud, {}, 'rule: Slots of 1 thread on 2 cores give the most throughput.'],
    [
      'slots',
      cloud,
      { slots: 4 },
      'user: It was asked for. That makes 4 threads for 2 usable cores: they will wait for each other.',
    ],
    ['slots', epyc, {}, 'rule: More slots would only take more memory.'],
    ['slots', m2, {}, 'rule: The second prepares and samples while the GPU works.'],
    [
      'slots',
      pi4,
      {},
      'rule: More slots would leave too few threads to each: a chunk should be decoded within 0.75 of its length.',
    ],
    [
      'slots',
      crowded,
      {},
      `limit: Memory holds no more: base as q8_0 ${oneTooMany}, where 276 MiB of 460 MiB may be used.`,
    ],
    [
      'slots',
      { ...crowded, quota: 0.5 },
      {},
      'limit: The CPU quota of 0.5 allows no more than one core: one more slot would only wait.',
    ],
    [
      'slots',
      { ...epyc, quota: 2.5 },
      {},
      'limit: The CPU quota of 2.5 allows 2 cores: one more slot would only wait.',
    ],
    ['slots', { ...cloud, quota: 2 }, {}, 'rule: Slots of 1 thread on 2 cores give the most throughput.'],
    [
      'slots',
      { ...m2, quota: 7, gpus: [], metal: false },
      {},
      'rule: Slots of 1 thread on 6 cores give the most throughput.',
    ],
    [
      'threadsPerSlot',
      { ...crowded, quota: 0.5 },
      {},
      'limit: The CPU quota of 0.5 allows no more than one core: one more thread would only wait.',
    ],
    ['threadsPerSlot', { ...epyc, quota: 2.5 }, {}, 'rule: One thread a slot wastes nothing on waiting for others.'],
    ['threadsPerSlot', cloud, {}, 'rule: One thread a slot wastes nothing on waiting for others.'],
    ['threadsPerSlot', epyc, {}, 'rule: More threads hardly make a decode faster.'],
    ['threadsPerSlot', pi4, { slots: 2 }, 'rule: 4 cores shared out among 2 slots.'],
    [
      'threadsPerSlot',
      cloud,
      { threadsPerSlot: 3 },
      'user: It was asked for. That makes 3 threads for 2 usable cores: they will wait for each other.',
    ],
    ['chunkSeconds', m2, {}, 'rule: It is the length for Metal with 16 GB of memory or more.'],
    ['chunkSeconds', m2, { chunkSeconds: 8 }, 'user: It was asked for.'],
    ['flashAttention', m2, {}, 'rule: It is faster on a GPU; word times are estimated instead of aligned.'],
    ['flashAttention', cloud, {}, 'rule: It is no faster on a CPU, and without it word times are aligned.'],
    ['gpu', m2, {}, 'rule: There is one, and the addon can use it.'],
    ['gpu', cloud, {}, 'rule: No GPU is known here that the addon can use.'],
    ['gpu', cloud, { gpu: true }, 'user: It was asked for. None is known here, so nothing is expected of it.'],
    ['gpu', m2, { gpu: false }, 'user: It was asked for.'],
  ])('of the %s on %o with %o', (setting, traits, wishes, reason) => {
    expect(reasonOf(setting, planFor(machineOf(traits), wishes, everything))).toBe(reason);
  });

  test.each<[setting: keyof PlanSettings, models: readonly PlannableModel[], reason: string]>([
    [
      'model',
      embedded,
      `limit: small ${forSixteen}, but it is not here (\`whisperpool models pull small\` fetches it).`,
    ],
    ['model', only('medium q8_0'), `limit: small ${forSixteen}, but the smallest here that can be chosen is medium.`],
    ['variant', only('base q5_1'), 'rule: It is the best variant of base that can be had.'],
  ])('of the %s, where not all models are here', (setting, models, reason) => {
    expect(reasonOf(setting, planFor(machineOf(cloud), {}, models))).toBe(reason);
  });

  test('for no GPU is its memory, where the model fits without it', () => {
    const small = machineOf({ ...nvidiaBox, gpus: [nvidia(2)] });
    const plan = planFor(small, { model: 'large-v3' }, everything, ['CUDA']);
    expect(inShort(plan)).toBe('large-v3 f16, 1 × 8, 4 s, CPU');
    expect(reasonOf('gpu', plan)).toBe('limit: The model and its slots do not fit on the GPU that is here.');
  });
});

describe('what is expected', () => {
  function expectedOf(traits: Traits, wishes: PlanWishes = {}, models = embedded) {
    return planFor(machineOf(traits), wishes, models).expected;
  }

  test('of half a CPU is half as much', () => {
    const one = expectedOf({ ...crowded, quota: 1 });
    const half = expectedOf({ ...crowded, quota: 0.5 });
    expect(half.rtf / one.rtf).toBeCloseTo(2);
    expect(half.memoryBytes).toBe(one.memoryBytes);
  });

  test('of two threads on one core is no more than of one', () => {
    expect(expectedOf(cloud, { slots: 2, threadsPerSlot: 2 }).realTimeSources).toBeLessThanOrEqual(
      expectedOf(cloud).realTimeSources,
    );
    expect(expectedOf({}, { threadsPerSlot: 4 }).rtf).toBe(expectedOf({}).rtf);
  });

  test('of the full encoder context is more of everything', () => {
    const [sized, full] = [expectedOf(cloud), expectedOf(cloud, { encoderContext: 'full' })];
    expect(full.rtf).toBeGreaterThan(3 * sized.rtf);
    expect(full.memoryBytes).toBeGreaterThan(1.25 * sized.memoryBytes);
    expect(full.realTimeSources).toBeLessThan(sized.realTimeSources);
  });
});

test.each(['cpu', 'metal', 'gpu'])(
  'The rows for %s go from the largest model to the smallest, and the last one asks for nothing',
  (place) => {
    const rows = tiers.filter((tier) => tier.place === place);
    const scales = rows.map(({ model }) => scaleOf({ model }, everything));
    expect(scales).toEqual(scales.toSorted((one, other) => other - one));
    expect(rows.at(-1)).toMatchObject({
      fromCores: 1,
      fromMemoryBytes: 0,
      fromGpuMemoryBytes: 0,
      mostRtf: Number.POSITIVE_INFINITY,
    });
  },
);

/** Seconds of one thread of a Xeon at 2.5 GHz, measured. */
test.each([
  ['tiny.en', 2, 0.3],
  ['tiny.en', 4, 0.35],
  ['tiny.en', 8, 0.6],
  ['tiny.en', 10, 0.65],
  ['base', 2, 0.59],
  ['base', 4, 0.63],
  ['base', 8, 1.2],
  ['base', 10, 1.3],
] as const)('What is expected of %s on %i s is near to what was measured', (name, chunkSeconds, seconds) => {
  const [model] = only(`${name} q8_0`);
  if (!model) throw new Error(`The catalog has no ${name}.`);
  const expected = decodeSeconds({ ...model, chunkSeconds, encoderContext: 'sized' }, coreSpeed(vnni));
  expect(expected / seconds).toBeGreaterThan(0.85);
  expect(expected / seconds).toBeLessThan(1.15);
});

/** Facts as they are, as they cannot be, and none. */
function factOf(sane: fc.Arbitrary<number>, canBeAbsurd = true): fc.Arbitrary<number | undefined> {
  const absurd = fc.constantFrom(-1, 0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.3, 1e300);
  return fc.oneof({ weight: 6, arbitrary: sane }, fc.constant(undefined), ...(canBeAbsurd ? [absurd] : []));
}

function traitsOf(canBeAbsurd: boolean): fc.Arbitrary<Traits> {
  const count = factOf(fc.integer({ min: 1, max: 256 }), canBeAbsurd);
  const bytes = factOf(
    fc.integer({ min: 28, max: 40 }).chain((power) => fc.integer({ min: 2 ** (power - 1), max: 2 ** power })),
    canBeAbsurd,
  );
  const memory = fc.constantFrom(
    undefined,
    0,
    1e9,
    4e9,
    8e9,
    24e9,
    80e9,
    ...(canBeAbsurd ? [Number.NaN, -1, 1e300] : []),
  );
  const gpu = fc.record({
    vendor: fc.constantFrom('nvidia', 'amd', 'intel', 'apple', 'other'),
    model: fc.constant('GPU'),
    memoryBytes: memory,
  });
  const features = fc.subarray(['AVX', 'AVX2', 'AVX512_VNNI', 'NEON', 'DOTPROD', 'I8MM', 'AMX']);
  return fc.record({
    cores: count,
    physical: count,
    slow: factOf(fc.integer({ min: 0, max: 16 }), canBeAbsurd),
    affinity: count,
    quota: factOf(
      fc.oneof(fc.double({ min: 0.05, max: 64, noNaN: true }), fc.constant(Number.POSITIVE_INFINITY)),
      canBeAbsurd,
    ),
    total: bytes,
    available: bytes,
    limit: bytes,
    features: fc.option(features, { nil: undefined }),
    gpus: fc.option(fc.array(gpu, { maxLength: 3 }), { nil: undefined }),
    metal: fc.constantFrom(true, false, undefined),
    chip: fc.constantFrom('Apple M3', undefined),
  }) as fc.Arbitrary<Traits>;
}

const reversed = everything.toReversed();
const someModels = fc.oneof(
  { weight: 4, arbitrary: fc.constant(everything) },
  fc.constant(embedded),
  fc.subarray([...everything], { minLength: 1 }),
);
const someLanguage = fc.constantFrom(undefined, 'auto', 'en', 'de', 'yue');
const someBackends = fc.constantFrom(undefined, ['CPU'], ['CPU', 'CUDA'], ['Vulkan'], ['Metal']);
const someWishes: fc.Arbitrary<PlanWishes> = fc.record(
  {
    model: fc.constantFrom('tiny', 'base', 'small.en', 'large-v3', 'large-v3-turbo'),
    variant: fc.constantFrom('q8_0', 'f16', 'q5_1'),
    slots: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 4 }) }, fc.integer({ min: 1, max: 256 })),
    threadsPerSlot: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 256 })),
    chunkSeconds: fc.double({ min: 0.1, max: 30, noNaN: true }),
    encoderContext: fc.constantFrom('sized', 'full'),
    flashAttention: fc.boolean(),
    gpu: fc.boolean(),
    memoryShare: fc.double({ min: 0.3, max: 1, noNaN: true }),
  },
  { requiredKeys: [] },
);
const runs = { numRuns: 10_000 };

/** The plan, or undefined where the numbers or the models forbid one; any other error is a failure. */
function planOrNone(
  traits: Traits,
  wishes: PlanWishes,
  models: readonly PlannableModel[],
  backends?: readonly string[],
) {
  try {
    return planFor(machineOf(traits), wishes, models, backends);
  } catch (error) {
    const none = ['PLAN_IMPOSSIBLE', 'LANGUAGE_UNSUPPORTED', 'MODEL_MISSING', 'MODEL_VARIANT_MISSING'];
    if (error instanceof EngineError && none.includes(error.code)) return undefined;
    throw error;
  }
}

function within(value: number | undefined, least: number): number | undefined {
  return value !== undefined && Number.isFinite(value) && value > least ? value : undefined;
}

/** What must be there for one slot, by the numbers of memory-need.ts and of the issue: audio, and the engine's own. */
function needBytes({ dimensions, sizeBytes }: PlannableModel, slots: number, isFull: boolean): number {
  const { weightsBytes, perStateBytes } = memoryNeed(dimensions, sizeBytes);
  return weightsBytes + slots * ((isFull ? 2 : 1) * perStateBytes + 16 * mebibyte) + 60 * mebibyte;
}

function availableBytes({ total, limit, available }: Traits): number {
  const installed = Math.min(
    within(total, 0) ?? Number.POSITIVE_INFINITY,
    within(limit, 0) ?? Number.POSITIVE_INFINITY,
  );
  const known = within(available, -1);
  const isKnown = installed < Number.POSITIVE_INFINITY;
  return isKnown ? Math.min(known ?? installed / 2, installed) : (known ?? 0.5e9);
}

describe('on ten thousand machines', () => {
  test('no plan breaks a limit', () => {
    let plans = 0;
    let onGpu = 0;
    const property = fc.property(
      traitsOf(true),
      someWishes,
      someLanguage,
      someModels,
      someBackends,
      (traits, otherWishes, language, models, backends) => {
        const wishes = { ...otherWishes, language };
        const plan = planOrNone(traits, wishes, models, backends);
        if (!plan) return;
        plans += 1;
        const { slots, threadsPerSlot, encoderContext } = plan;
        const model = models.find(({ name, variant }) => name === plan.model && variant === plan.variant);
        if (!model) throw new Error('It is not among the models.');
        expect(speaks(model.dimensions, language ?? 'auto')).toBe(true);
        if (wishes.model === undefined && language !== 'en') expect(model.languages).toBe('multilingual');

        const cores = usableCores(machineOf(traits));
        const most = within(cores, 0) ?? 1;
        if (wishes.slots === undefined && wishes.threadsPerSlot === undefined) {
          expect(slots * threadsPerSlot).toBeLessThanOrEqual(most);
        }
        expect(slots).toBeLessThanOrEqual(wishes.slots ?? most);
        expect(threadsPerSlot).toBeLessThanOrEqual(wishes.threadsPerSlot ?? most);

        const isFull = encoderContext === 'full';
        const available = availableBytes(traits);
        expect(needBytes(model, slots, isFull)).toBeLessThanOrEqual((wishes.memoryShare ?? 0.6) * available);
        expect(needBytes(model, slots, true)).toBeLessThanOrEqual(available);
        if (plan.tier.startsWith('a GPU')) {
          onGpu += 1;
          const gpuMemory = Math.max(...(traits.gpus ?? []).map(({ memoryBytes }) => within(memoryBytes, 0) ?? 0));
          expect(needBytes(model, slots, isFull)).toBeLessThanOrEqual((wishes.memoryShare ?? 0.6) * gpuMemory);
          expect(needBytes(model, slots, true)).toBeLessThanOrEqual(gpuMemory);
        }
      },
    );
    fc.assert(property, runs);
    expect(plans).toBeGreaterThan(2000);
    expect(onGpu).toBeGreaterThan(100);
  });

  test('what the user says is in the plan, every setting has its reason, and the order of the models does not matter', () => {
    const property = fc.property(
      traitsOf(true),
      someWishes,
      someBackends,
      (traits, { memoryShare, ...wishes }, backends) => {
        const all = { ...wishes, memoryShare };
        const plan = planOrNone(traits, all, everything, backends);
        if (!plan) return;
        expect(plan).toMatchObject(wishes);
        expect(JSON.stringify(planOrNone(traits, all, reversed, backends))).toBe(JSON.stringify(plan));
        const { expected, tier, reasons, ...settings } = plan;
        expect(Object.fromEntries(reasons.map(({ setting, value }) => [setting, value]))).toEqual(settings);
        for (const { setting, by, because } of reasons) {
          expect(by === 'user').toBe(Object.keys(wishes).includes(setting));
          expect(because).toMatch(/^\S.*\.$/);
        }
        expect(tiers.map(({ name }) => name)).toContain(tier);
        expect(expected.rtf).toBeGreaterThan(0);
        expect(Number.isFinite(expected.rtf)).toBe(true);
        expect(Number.isInteger(expected.realTimeSources)).toBe(true);
      },
    );
    fc.assert(property, runs);
  });

  test('more memory or more cores never give a smaller model', () => {
    const more = fc.record({
      cores: fc.nat(128),
      physical: fc.nat(128),
      memory: fc.double({ min: 1, max: 64, noNaN: true }),
    });
    let larger = 0;
    const property = fc.property(
      traitsOf(false),
      more,
      someLanguage,
      someModels,
      someBackends,
      (traits, { cores, physical, memory }, language, models, backends) => {
        const grown = {
          ...traits,
          ...plus(traits, 'cores', cores),
          ...plus(traits, 'affinity', cores),
          ...plus(traits, 'quota', cores),
          ...plus(traits, 'physical', physical),
          ...times(traits, 'total', memory),
          ...times(traits, 'available', memory),
          ...times(traits, 'limit', memory),
        };
        const scale = scaleOf(planOrNone(traits, { language }, models, backends), models);
        const grownScale = scaleOf(planOrNone(grown, { language }, models, backends), models);
        expect(grownScale).toBeGreaterThanOrEqual(scale);
        if (grownScale > scale) larger += 1;
      },
    );
    fc.assert(property, runs);
    expect(larger).toBeGreaterThan(500);
  });

  test('only what cannot be is refused', () => {
    const property = fc.property(traitsOf(true), someModels, (traits, models) => {
      const plan = planOrNone(traits, { language: 'en' }, models);
      const least = Math.min(
        ...models.map((model) => Math.max(needBytes(model, 1, false) / 0.6, needBytes(model, 1, true))),
      );
      if (least <= availableBytes(traits) && models === everything) expect(plan).toBeDefined();
      if (least > availableBytes(traits)) expect(plan).toBeUndefined();
    });
    fc.assert(property, runs);
  });

  test('what is unknown gives a plan that is safe', () => {
    const names = ['cores', 'physical', 'slow', 'affinity', 'quota', 'total', 'available', 'limit', 'gpus', 'metal'];
    const hiding = fc.subarray(names as (keyof Traits)[]);
    const assumed = { memory: 0, cores: 0 };
    const property = fc.property(traitsOf(false), hiding, someModels, someBackends, (all, hidden, models, backends) => {
      const traits = { ...all, ...Object.fromEntries(hidden.map((name) => [name, undefined])) };
      const plan = planOrNone(traits, {}, models, backends);
      if (!plan) return;
      const isUnknown = (...facts: readonly (keyof Traits)[]) => facts.every((name) => traits[name] === undefined);
      const model = models.find(({ name, variant }) => name === plan.model && variant === plan.variant);
      if (!model) throw new Error('It is not among the models.');
      if (isUnknown('gpus', 'metal')) expect(plan.gpu).toBe(false);
      if (isUnknown('cores', 'affinity')) {
        assumed.cores += 1;
        expect(plan.slots * plan.threadsPerSlot).toBe(1);
      }
      if (isUnknown('total', 'limit', 'available')) {
        assumed.memory += 1;
        expect(needBytes(model, plan.slots, false)).toBeLessThanOrEqual(0.3e9);
        expect(needBytes(model, plan.slots, true)).toBeLessThanOrEqual(0.5e9);
      }
      // What is installed is not what is free.
      const installed = Math.min(traits.total ?? Number.POSITIVE_INFINITY, traits.limit ?? Number.POSITIVE_INFINITY);
      if (isUnknown('available')) expect(needBytes(model, plan.slots, true)).toBeLessThanOrEqual(installed / 2);
    });
    fc.assert(property, runs);
    expect(Math.min(assumed.memory, assumed.cores)).toBeGreaterThan(300);
  });
});

function plus(traits: Traits, name: keyof Traits, more: number) {
  const value = traits[name];
  return typeof value === 'number' ? { [name]: value + more } : {};
}

function times(traits: Traits, name: keyof Traits, factor: number) {
  const value = traits[name];
  return typeof value === 'number' ? { [name]: value * factor } : {};
}

/** Of no plan it is 0. */
function scaleOf(plan: Pick<PlanSettings, 'model'> | undefined, models: readonly PlannableModel[]): number {
  const model = models.find(({ name }) => name === plan?.model);
  return model ? modelScale(model.dimensions) : 0;
}
