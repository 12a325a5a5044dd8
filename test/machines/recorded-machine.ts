import { readdirSync, readFileSync } from 'node:fs';
import type { Fact, Machine } from '../../dist/capability/machine.js';
import type { Readers } from '../../dist/capability/probe/readers.js';
import { ManualClock } from '../manual-clock.js';

/** The text of a file: as it is, by lines, or lines that come once for each number `{n}` below `each`. */
type Text = string | readonly string[] | { readonly each: number; readonly lines: readonly string[] };

/** What the probe's readers gave on a machine, or would give. README.md tells the format. */
export interface Recording {
  readonly platform: string;
  readonly architecture: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly os: {
    readonly release: string;
    readonly version: string;
    readonly cpus: { readonly model: string; readonly count: number };
    readonly availableParallelism: number;
    readonly totalmem: number;
    readonly freemem: number;
  };
  readonly files: Readonly<Record<string, Text>>;
  readonly folders?: Readonly<Record<string, readonly string[]>>;
  /** Beginnings of paths that this user may not read. */
  readonly denied?: readonly string[];
  readonly programs?: Readonly<Record<string, Text>>;
  readonly system?: Readonly<Partial<Record<keyof Readers['system'], unknown>>>;
}

type FactName = Exclude<keyof Machine, 'platform' | 'architecture'>;
type ValueOf<AnyFact> = AnyFact extends Fact<infer Value> ? Value : never;

export interface RecordedMachine extends Recording {
  readonly about: string;
  readonly origin: 'recorded' | 'documented';
  /** What must be read; null for what must be unknown. */
  readonly facts: { readonly [Name in FactName]: ValueOf<Machine[Name]> | null };
  /** Part of the source or of the reason. */
  readonly sources: Readonly<Partial<Record<FactName, string>>>;
  readonly usableCores: number;
}

/** Every machine in this folder. JSON knows no Infinity: the word stands for it. */
export function recordedMachines(): readonly RecordedMachine[] {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.json'));
  return files.map((name) => {
    const text = readFileSync(`${import.meta.dirname}/${name}`, 'utf8');
    return JSON.parse(text, (_, value: unknown) =>
      value === 'Infinity' ? Number.POSITIVE_INFINITY : value,
    ) as RecordedMachine;
  });
}

/** Readers that give what was recorded. */
export function replay(recording: Recording): Readers {
  const { platform, architecture, os, folders = {}, denied = [], programs = {}, system = {} } = recording;
  const files = expanded(recording.files);
  const refuse = (path: string) => denied.some((beginning) => path.startsWith(beginning));
  const answer = (name: keyof Readers['system']) => () => answered(() => found(system[name], 'not answered')) as never;
  return {
    platform,
    architecture,
    environment: recording.environment ?? {},
    os: {
      release: () => os.release,
      version: () => os.version,
      cpus: () => Array.from({ length: os.cpus.count }, () => ({ model: os.cpus.model })),
      availableParallelism: () => os.availableParallelism,
      totalmem: () => os.totalmem,
      freemem: () => os.freemem,
    },
    readText: (path) => answered(() => found(files.get(path), 'ENOENT', refuse(path))),
    list: (folder) =>
      answered(() => {
        const beginning = folder === '/' ? folder : `${folder}/`;
        const paths = [...files.keys(), ...Object.keys(folders)].filter((path) => path.startsWith(beginning));
        const names = paths.map((path) => path.slice(beginning.length).split('/')[0] ?? '');
        const given = folders[folder] ?? [];
        const isThere = folder in folders || names.length > 0;
        return found(isThere ? [...new Set([...given, ...names])] : undefined, 'ENOENT', refuse(folder));
      }),
    run: (program) => answered(() => found(programs[program] && joined(programs[program]), 'ENOENT')),
    system: { cpu: answer('cpu'), mem: answer('mem'), graphics: answer('graphics'), battery: answer('battery') },
    clock: new ManualClock(),
  };
}

/** Readers that give what `readers` give, and the recording that grows with every answer. */
export function record(readers: Readers): { readonly readers: Readers; readonly recording: Recording } {
  const files: Record<string, string> = {};
  const folders: Record<string, readonly string[]> = {};
  const denied: string[] = [];
  const programs: Record<string, string> = {};
  const system: Partial<Record<keyof Readers['system'], unknown>> = {};
  const { platform, architecture, os } = readers;
  const noted = async <Answer>(path: string, answer: Promise<Answer>, note: (answer: Answer) => void) => {
    try {
      note(await answer);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') denied.push(path);
    }
    return answer;
  };
  const ask = (name: keyof Readers['system']) => () =>
    noted<unknown>(name, readers.system[name](), (answer) => {
      system[name] = answer;
    }) as never;
  return {
    readers: {
      ...readers,
      readText: (path) =>
        noted(path, readers.readText(path), (text) => {
          files[path] = text;
        }),
      list: (folder) =>
        noted(folder, readers.list(folder), (names) => {
          folders[folder] = names;
        }),
      run: (program, programArguments) =>
        noted(program, readers.run(program, programArguments), (text) => {
          programs[program] = text;
        }),
      system: { cpu: ask('cpu'), mem: ask('mem'), graphics: ask('graphics'), battery: ask('battery') },
    },
    recording: {
      platform,
      architecture,
      environment: Object.fromEntries(
        ['KUBERNETES_SERVICE_HOST', 'container'].flatMap((name) => {
          const value = readers.environment[name];
          return value === undefined ? [] : [[name, value]];
        }),
      ),
      os: {
        release: os.release(),
        version: os.version(),
        cpus: { model: os.cpus()[0]?.model ?? '', count: os.cpus().length },
        availableParallelism: os.availableParallelism(),
        totalmem: os.totalmem(),
        freemem: os.freemem(),
      },
      files,
      folders,
      denied,
      programs,
      system,
    },
  };
}

/** Every file that a recording stands for. */
function expanded(files: Recording['files']): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(files).flatMap(([path, text]) =>
      path.includes('{n') && typeof text === 'object' && 'each' in text
        ? Array.from({ length: text.each }, (_, n) => [numbered(path, n), numbered(text.lines.join('\n'), n)] as const)
        : [[path, joined(text)] as const],
    ),
  );
}

function joined(text: Text): string {
  if (typeof text === 'string') return text;
  if ('each' in text)
    return Array.from({ length: text.each }, (_, n) => numbered(text.lines.join('\n'), n)).join('\n\n');
  return text.join('\n');
}

/** `{n}`, `{n%64}`, `{n/64}` in whole numbers, and one after the other: `{n/32%2}`. */
function numbered(text: string, n: number): string {
  return text.replace(/\{n((?:[%/]\d+)*)\}/g, (_, steps: string) =>
    [...steps.matchAll(/([%/])(\d+)/g)]
      .reduce((value, [, sign, by]) => (sign === '%' ? value % Number(by) : Math.floor(value / Number(by))), n)
      .toString(),
  );
}

function found<Answer>(answer: Answer | undefined, code: string, isDenied = false): Answer {
  if (isDenied) throw Object.assign(new Error('permission denied'), { code: 'EACCES' });
  if (answer === undefined) throw Object.assign(new Error(`recorded as ${code}`), { code });
  return answer;
}

function answered<Answer>(give: () => Answer): Promise<Answer> {
  return Promise.resolve().then(give);
}
