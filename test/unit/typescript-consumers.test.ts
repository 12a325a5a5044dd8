import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import typescript, {
  type CompilerHost,
  type CompilerOptions,
  ModuleKind,
  ModuleResolutionKind,
  ScriptTarget,
  type SourceFile,
} from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const project = realpathSync(mkdtempSync(join(tmpdir(), 'typescript-consumers-')));
afterAll(() => rmSync(project, { recursive: true }));
mkdirSync(join(project, 'node_modules'));
for (const [name, path] of [
  ['whisperpool', ''],
  ['@types', 'node_modules/@types'],
] as const) {
  symlinkSync(join(root, path), join(project, 'node_modules', name));
}

// `undefined` for an option means the same as none, whatever the compiler is told about that.
const client = `import { connect, type ClientOptions } from 'whisperpool/client';
export const options: ClientOptions = { language: 'en', key: undefined };
export const heard = connect('ws://127.0.0.1:8080/v1/live', options).on('final', ({ text }) => text.length);
// @ts-expect-error a language is a string
export const wrong = connect('ws://127.0.0.1:8080/v1/live', { language: 1 });
`;
const everything = `import { createEngine, EngineError, type EngineOptions, type Transcript } from 'whisperpool';
import { createQueue, createWorker } from 'whisperpool/queue';
import { createServer, type ServerOptions } from 'whisperpool/server';
${client}
export const engineOptions: EngineOptions = { model: 'base', slots: undefined };
export async function serve(serverOptions: ServerOptions): Promise<Transcript> {
  const server = await createServer(serverOptions);
  await server.close();
  const engine = await createEngine(engineOptions);
  try {
    return await engine.transcribe('a.wav', { words: true, signal: undefined });
  } catch (error) {
    if (error instanceof EngineError && error.code === 'QUEUE_FULL') console.log(error.message);
    throw error;
  }
}
export const queue = [createQueue, createWorker];
// @ts-expect-error slots are counted
export const wrongOptions: EngineOptions = { slots: 'two' };
`;

const files = { 'all.mts': everything, 'all.cts': everything, 'page.mts': client };
for (const [name, source] of Object.entries(files)) writeFileSync(join(project, name), source);

const parsed = new Map<string, SourceFile | undefined>();

/** Parses no file twice that is read in the same way. */
function hostFor(options: CompilerOptions): CompilerHost {
  const host = typescript.createCompilerHost(options);
  return {
    ...host,
    getSourceFile(path, language, ...rest) {
      const format = typeof language === 'object' ? language.impliedNodeFormat : undefined;
      const key = `${path} ${String(format)}`;
      if (!parsed.has(key)) parsed.set(key, host.getSourceFile(path, language, ...rest));
      return parsed.get(key);
    },
  };
}

/** What the compiler says of this file, and of our declarations behind it. */
function complaints(file: keyof typeof files, own: CompilerOptions): string[] {
  const base = { target: ScriptTarget.ES2022, strict: true, noEmit: true, types: ['node'], skipLibCheck: false };
  const options: CompilerOptions = { ...base, ...own };
  const program = typescript.createProgram([join(project, file)], options, hostFor(options));
  const isOurs = (path: string) => path.startsWith(project) || path.startsWith(join(root, 'dist'));
  const diagnostics = [
    ...program.getOptionsDiagnostics(),
    ...program
      .getSourceFiles()
      .filter(({ fileName }) => isOurs(fileName))
      .flatMap((source) => [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]),
  ];
  return diagnostics.map(
    ({ code, file: at, messageText }) =>
      `${at?.fileName.replace(root, '') ?? ''} TS${code}: ${typescript.flattenDiagnosticMessageText(messageText, '\n')}`,
  );
}

const node16 = { module: ModuleKind.Node16, moduleResolution: ModuleResolutionKind.Node16 };
const nodeNext = { module: ModuleKind.NodeNext, moduleResolution: ModuleResolutionKind.NodeNext };
const bundler = { module: ModuleKind.ESNext, moduleResolution: ModuleResolutionKind.Bundler };

describe('a TypeScript project that checks its libraries, too, compiles', () => {
  test.each([
    ['all entry points from ESM, node16', 'all.mts', node16, true],
    ['all entry points from ESM, node16, options loosely', 'all.mts', node16, false],
    ['all entry points from CommonJS, nodenext', 'all.cts', nodeNext, true],
    ['all entry points for a bundler', 'all.mts', bundler, true],
    ['all entry points for a bundler, options loosely', 'all.mts', bundler, false],
  ] as const)('%s', (_name, file, options, exactOptionalPropertyTypes) => {
    expect(complaints(file, { ...options, exactOptionalPropertyTypes })).toEqual([]);
  });

  test('the client for a browser, without the types of Node', () => {
    const browser = { ...bundler, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'], types: [] };
    expect(complaints('page.mts', { ...browser, exactOptionalPropertyTypes: true })).toEqual([]);
  });
});

test('CommonJS under node16, which knows no `require` of ESM, is told to import', () => {
  expect(complaints('all.cts', node16)[0]).toContain('TS1479');
});
