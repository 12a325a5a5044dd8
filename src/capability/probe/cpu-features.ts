import { type Fact, known, unknown } from '../machine.js';
import { cpuTable } from './cpu-table.js';
import type { Reading } from './reading.js';
import { sysctl } from './sysctl.js';

/** Instruction sets that whisper.cpp has kernels for, with the words in which Linux and macOS tell them. */
const vocabulary: readonly (readonly [feature: string, ...words: string[]])[] = [
  ['SSE3', 'pni', 'sse3'],
  ['SSSE3', 'ssse3'],
  ['SSE4_2', 'sse4_2', 'sse4.2'],
  ['AVX', 'avx', 'avx1.0'],
  ['F16C', 'f16c'],
  ['FMA', 'fma'],
  ['BMI2', 'bmi2'],
  ['AVX2', 'avx2'],
  ['AVX_VNNI', 'avx_vnni'],
  ['AVX512F', 'avx512f'],
  ['AVX512BW', 'avx512bw'],
  ['AVX512CD', 'avx512cd'],
  ['AVX512DQ', 'avx512dq'],
  ['AVX512VL', 'avx512vl'],
  ['AVX512_VBMI', 'avx512vbmi'],
  ['AVX512_VNNI', 'avx512_vnni', 'avx512vnni'],
  ['AVX512_BF16', 'avx512_bf16'],
  ['AMX_TILE', 'amx_tile'],
  ['AMX_INT8', 'amx_int8'],
  ['AMX_BF16', 'amx_bf16'],
  ['NEON', 'asimd', 'neon'],
  ['FP16', 'asimdhp', 'feat_fp16'],
  ['DOTPROD', 'asimddp', 'feat_dotprod'],
  ['I8MM', 'i8mm', 'feat_i8mm'],
  ['BF16', 'bf16', 'feat_bf16'],
  ['SVE', 'sve'],
  ['SVE2', 'sve2'],
  ['SME', 'sme', 'feat_sme'],
];

/** What every core of the machine can do: a thread may run on any of them. */
export async function cpuFeatures(reading: Reading): Promise<Fact<readonly string[]>> {
  switch (reading.platform) {
    case 'linux': {
      const source = '/proc/cpuinfo';
      const cpus = cpuTable(await reading.text(source)).map((cpu) => cpu.get('flags') ?? cpu.get('Features'));
      // All cores of one kind say the same.
      const [first, ...others] = [...new Set(cpus)].map((words) => featuresIn(words ?? ''));
      const common = first?.filter((feature) => others.every((other) => other.includes(feature))) ?? [];
      return common.length > 0 ? known(common, source) : unknown(`${source}: names none that are known here`);
    }
    case 'darwin': {
      const values = await sysctl(reading);
      const words = [...values].flatMap(([name, value]) =>
        name.startsWith('hw.optional.arm.') ? (value === '1' ? name.slice('hw.optional.arm.'.length) : []) : value,
      );
      if (reading.architecture === 'arm64') words.push('neon'); // part of the architecture
      return known(featuresIn(words.join(' ').toLowerCase()), 'sysctl');
    }
    default:
      return unknown(`${reading.platform} does not list them`);
  }
}

function featuresIn(line: string): readonly string[] {
  const there = new Set(line.split(/\s+/));
  return vocabulary.filter(([, ...words]) => words.some((word) => there.has(word))).map(([feature]) => feature);
}
