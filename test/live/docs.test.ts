import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { blocksOf, type CodeBlock, commandsOf, pages, programsOf } from '../code-blocks.js';
import { createProject, DocumentedPlace } from '../documented-place.js';
import { hasRedis } from '../redis-server.js';
import { spoken } from './clips.js';

/** Blocks in languages that are not run here, and who looks after them. */
const otherBlocks: Readonly<Record<string, string>> = {
  'README.md text': 'a picture',
  'docs/container.md sh': 'needs Docker, or root and a mirror of Debian',
  'docs/live-protocol.md text': 'test/live/server-live.test.ts plays it',
  'docs/operations.md yaml': 'needs Prometheus; test/unit/pages.test.ts looks its metrics up',
  'docs/provider-protocol.md python': 'test/fault/provider-process.test.ts runs it',
  'docs/server.md nginx': 'needs nginx',
};

/** Commands that are not run here. */
const otherCommands: readonly (readonly [why: string, command: RegExp])[] = [
  ['sets the whole project up', /^npm (?:test|run demo)\b/u],
  ['installs packages', /^npm install\b/u],
  ['builds the addon and the packages', /^(?:whisperpool setup|npm run (?:prebuilt|release))\b/u],
  ['fetches a model', /^whisperpool models pull\b/u],
  ['needs weights that are not in the repository', /^whisperpool models (?:import|quantize|rm)\b/u],
];

/** Commands that say something by how they end. */
const exitCodes: readonly (readonly [exitCode: number, command: RegExp])[] = [
  [2, /^whisperpool models check\b/u], // nothing is there
];

const ask = 'ask not what your country can do for you';
const gospel = 'we are glad to welcome his gospel';

/** What is said on a page in any case: words of the clips that its programs are given. */
const said: Readonly<Record<string, readonly string[]>> = {
  'README.md': [ask, gospel],
  'docs/client.md': [gospel],
  'docs/fleet.md': [ask],
  'docs/live.md': [gospel],
  'docs/recipes.md': [ask, gospel],
  'docs/server.md': [ask],
};

const all = pages.flatMap((page) => blocksOf(page));
const isTried = ({ page, language }: CodeBlock) =>
  ['js', 'ts', 'sh'].includes(language) && !(`${page} ${language}` in otherBlocks);
const reasonAgainst = (command: string) => otherCommands.find(([, pattern]) => pattern.test(command))?.[0];

describe('the blocks of code in README.md and docs', () => {
  test('are programs, commands and JSON, or somebody else looks after them', () => {
    const others = all.filter((block) => !isTried(block) && block.language !== 'json');
    expect(new Set(others.map(({ page, language }) => `${page} ${language}`))).toEqual(
      new Set(Object.keys(otherBlocks)),
    );
  });

  test('have no command that is left out for a reason which is none any more', () => {
    const commands = all.filter(({ language }) => language === 'sh').flatMap(commandsOf);
    for (const [why, pattern] of otherCommands) {
      expect
        .soft(
          commands.some((command) => pattern.test(command)),
          why,
        )
        .toBe(true);
    }
  });

  test.each(all.filter(({ language }) => language === 'json'))('$page:$line is JSON', ({ code }) => {
    const isLines = code.includes('}\n{');
    for (const json of isLines ? code.split('\n') : [code]) expect(() => void JSON.parse(json), json).not.toThrow();
  });

  test('have the types that the package has', async () => {
    const folder = await createProject();
    try {
      const programs = programsOf(all);
      const files = programs.map(({ page, line, language }) =>
        join(folder, `${page.replaceAll('/', '-')}-${line}.${language}`),
      );
      for (const [at, file] of files.entries()) await writeFile(file, programs[at]?.code ?? '');
      const program = ts.createProgram(files, {
        target: ts.ScriptTarget.ES2022,
        lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
        module: ts.ModuleKind.NodeNext,
        types: ['node'],
        typeRoots: [join(folder, 'node_modules/@types')],
        allowJs: true,
        checkJs: true,
        strict: true,
        noImplicitAny: false,
        exactOptionalPropertyTypes: true,
        skipLibCheck: true,
        noEmit: true,
      });
      const wrong = ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
        const line = 1 + (file?.getLineAndCharacterOfPosition(start).line ?? 0);
        return `${file?.fileName.replace(`${folder}/`, '') ?? ''}, line ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      });
      expect(wrong).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('what is on a page', () => {
  const tried = pages.filter((page) => all.some((block) => block.page === page && isTried(block)));
  test.for(tried)('runs as it is written: %s', async (page, { skip }) => {
    const blocks = blocksOf(page).filter(isTried);
    const programs = programsOf(blocks);
    const text = blocks.map(({ code }) => code).join('\n');
    const isFleet = text.includes('redis://');
    if (isFleet && !hasRedis) skip('There is no redis-server here.');
    await using place = await DocumentedPlace.make(isFleet);
    if (text.includes('wss://speech.example')) await place.command(page, 'whisperpool serve --model tiny.en');
    for (const block of inOrder(blocks)) {
      const program = programs.find(({ line }) => line === block.line);
      if (program) await place.program(program);
      if (block.language !== 'sh') continue;
      for (const command of commandsOf(block).filter((line) => !reasonAgainst(line))) {
        const [exitCode] = exitCodes.find(([, pattern]) => pattern.test(command)) ?? [0];
        await place.command(`${page}:${block.line}`, command, exitCode);
      }
    }
    await place.end();
    for (const words of said[page] ?? []) expect(spoken(place.output)).toContain(words);
  });
});

/** Workers first, because a queue waits for them. */
function inOrder(blocks: readonly CodeBlock[]): readonly CodeBlock[] {
  const isWorker = ({ code }: CodeBlock) => code.includes('createWorker(');
  return [...blocks.filter(isWorker), ...blocks.filter((block) => !isWorker(block))];
}
