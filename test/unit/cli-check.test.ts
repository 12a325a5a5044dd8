import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tableText } from '../../dist/cli/models/table.js';
import { Terminal } from '../../dist/cli/terminal.js';
import { Tree } from './caches/tree.js';
import { type Ended, ended, InstalledCli } from './installed-cli.js';

let cli: InstalledCli;
beforeAll(async () => {
  cli = await InstalledCli.install();
});
afterAll(() => cli.remove());
beforeEach(() => cli.newUser());

/** What was printed, if it is one JSON document and nothing was said beside it. */
function json({ stdout, stderr }: Ended): unknown {
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe('whisperpool models check', () => {
  let tree: Tree;
  const files = { 'model.bin': 75_538_270, 'config.json': '{}', 'tokenizer.json': '{}', 'vocabulary.txt': 'a' };
  const copied = 'Library/Application Support/FluidAudio/Models/parakeet-tdt-0.6b-v3-coreml';
  const parts = {
    'Encoder.mlmodelc/weights/weight.bin': 425_000_000,
    'Decoder.mlmodelc/weights/weight.bin': 23_000_000,
    'JointDecision.mlmodelc/weights/weight.bin': 12_000_000,
    'Preprocessor.mlmodelc/weights/weight.bin': 520_000,
    'parakeet_vocab.json': '{}',
  };

  beforeEach(async () => {
    tree = await Tree.plant();
  });
  afterEach(() => tree.fell());

  function check(...args: readonly string[]): Promise<Ended> {
    return ended(cli.start(['models', 'check', ...args], { HOME: tree.home }));
  }

  /** FluidAudio's half copy: all of it is in the hub cache, and the copy that is loaded lacks its configuration. */
  async function plantHalfCopy(): Promise<void> {
    await tree.repository(tree.hub, 'FluidInference/parakeet-tdt-0.6b-v3-coreml', { ...parts, 'config.json': '{}' });
    await tree.files(join(tree.home, copied), parts);
  }

  test('exits with 2 when nothing is there', async () => {
    expect(await check()).toMatchObject({
      exitCode: 2,
      stdout: expect.stringMatching(/^Models of 9 tools: 0 complete, 0 incomplete, \d+ missing\.\n$/u),
      stderr: '',
    });
  });

  test('exits with 0 when what is there is complete, wherever it was told to look', async () => {
    await tree.repository(join(tree.root, 'cache of mine'), 'Systran/faster-whisper-tiny', files);
    expect(await check('--tool', 'FasterWhisper')).toMatchObject({ exitCode: 2 });
    const { exitCode, stdout } = await check('--tool', 'FasterWhisper', '--dir', join(tree.root, 'cache of mine'));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^FasterWhisper +tiny +float16 +complete +75\.5 MB +.*cache of mine/mu);
    expect(stdout).toMatch(/^Models of FasterWhisper: 1 complete, 0 incomplete, \d+ missing\.$/mu);
  });

  test('exits with 1 when something is incomplete, says why, and changes nothing', async () => {
    await plantHalfCopy();
    const before = tree.listing();
    const { exitCode, stdout, stderr } = await check();
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^FluidAudioCoreML parakeet-tdt-0\.6b-v3 is incomplete:\n {2}config\.json is missing\.$/mu);
    expect(stderr).toBe('Repairs that are possible with what is here: 1. --fix shows them.\n');
    expect(tree.listing()).toEqual(before);
  });

  test('gives all of it as JSON, with what --fix would do', async () => {
    await plantHalfCopy();
    const checked = await check('--json');
    expect(checked.exitCode).toBe(1);
    expect(json(checked)).toEqual({
      state: 'incomplete',
      counts: { complete: 0, incomplete: 1, missing: expect.any(Number) },
      models: expect.arrayContaining([
        {
          tool: 'FluidAudioCoreML',
          model: 'parakeet-tdt-0.6b-v3',
          source: 'FluidInference/parakeet-tdt-0.6b-v3-coreml',
          state: 'incomplete',
          reasons: ['config.json is missing.'],
          paths: [join(tree.home, copied)],
          sizeBytes: 460_520_002,
        },
        expect.objectContaining({ tool: 'WhisperKit', state: 'missing', reasons: [expect.any(String)] }),
      ]),
      names: expect.arrayContaining([{ tool: 'FasterWhisper', name: 'turbo', chain: ['large-v3-turbo'] }]),
      waste: [expect.objectContaining({ kind: 'duplicate', byDesign: true, bytes: expect.any(Number) })],
      wastedBytes: expect.any(Number),
      repairs: [
        {
          kind: 'copy',
          path: join(tree.home, copied, 'config.json'),
          from: expect.stringContaining(tree.hub),
          bytes: 2,
          reason: expect.stringContaining('FluidAudioCoreML needs it'),
          outcome: 'planned',
        },
      ],
    });
  });

  test('shows with --fix what it would do, and without a terminal and --yes does nothing', async () => {
    await plantHalfCopy();
    const before = tree.listing();
    const { exitCode, stderr } = await check('--fix');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^To be done:\n {2}copy .* to .*config\.json \(2 bytes\)\n/u);
    expect(stderr).toMatch(/^whisperpool: Nothing was changed: .*--yes.*\(OPTION_INVALID\)$/mu);
    expect(tree.listing()).toEqual(before);
  });

  test('repairs with --fix --yes, and exits with what is true then', async () => {
    await plantHalfCopy();
    const { exitCode, stdout, stderr } = await check('--fix', '--yes', '--json');
    expect({ exitCode, ...(JSON.parse(stdout) as object) }).toMatchObject({
      exitCode: 0,
      state: 'complete',
      repairs: [{ kind: 'copy', outcome: 'done' }],
    });
    expect(stderr).toMatch(/^done: copy /mu);
    expect(existsSync(join(tree.home, copied, 'config.json'))).toBe(true);
    expect(await check('--fix')).toMatchObject({ exitCode: 0, stderr: 'Nothing can be repaired with what is here.\n' });
  });

  test.each<[string, string[], RegExp]>([
    ['a folder that is none', ['--dir', 'nowhere'], /--dir nowhere is no folder\. \(OPTION_INVALID\)/u],
    ['a tool that nobody knows', ['--tool', 'whisperki'], /Did you mean 'WhisperKit'\?/u],
  ])('refuses %s', async (_what, args, message) => {
    expect(await check(...args)).toEqual({ exitCode: 2, stdout: '', stderr: expect.stringMatching(message) });
  });
});

test.each<[string, boolean]>([
  ['y\n', true],
  [' YES \n', true],
  ['\n', false],
  ['no\n', false],
  ['yesterday\n', false],
  ['', false],
])('the answer %j to a question is %j', async (typed, expected) => {
  const [stdin, stderr] = [new PassThrough(), new PassThrough()];
  const streams = { stdin, stdout: new PassThrough(), stderr } as unknown as NodeJS.Process;
  const answer = new Terminal(streams, false).ask('Do it? [y/N] ');
  stdin.end(typed);
  expect(await answer).toBe(expected);
  expect(String(stderr.read())).toBe('Do it? [y/N] ');
});

describe('a table', () => {
  const rows = [['base', '81.8 MB']];
  const plain = 'MODEL  SIZE\nbase   81.8 MB\n';

  test('has borders on a terminal', () => {
    const lines = tableText(['model', 'size'], rows, { isTTY: true, columns: 80 }).split('\n');
    expect(lines[1]).toBe('│ MODEL │ SIZE    │');
    expect(lines[3]).toBe('│ base  │ 81.8 MB │');
    expect(lines.join('')).not.toContain('\u001b');
  });

  test.each([
    ['in a pipe', {}],
    ['on a terminal that is too narrow for them', { isTTY: true, columns: 18 }],
    ['on a terminal that does not know its width', { isTTY: true, columns: 0 }],
  ])('has none %s', (_where, stream) => {
    expect(tableText(['model', 'size'], rows, stream)).toBe(plain);
  });
});
