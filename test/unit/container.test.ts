import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { allowedBy, readDockerfile } from '../../scripts/container/dockerfile.mjs';

const root = new URL('../../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');

describe('the Dockerfile', () => {
  const stages = readDockerfile(read('Dockerfile'));
  const copies = stages.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'copy' ? step : [])));
  const fromHere = copies.filter(({ from }) => from === undefined).flatMap(({ sources }) => sources);

  test('copies what there is, and what .dockerignore lets through', () => {
    const allowed = allowedBy(read('.dockerignore'));
    expect(fromHere).toContain('models/ggml-base-q8_0.bin');
    expect(fromHere.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
    expect(fromHere.filter((path) => !allowed.some((name) => `${path}/`.startsWith(`${name}/`)))).toEqual([]);
    expect(allowed.filter((name) => !fromHere.some((path) => `${path}/`.startsWith(`${name}/`)))).toEqual([]);
  });

  test('copies from stages that it has made before', () => {
    const names = stages.map(({ name }) => name);
    expect(copies.flatMap(({ from }) => from ?? []).filter((from) => !names.includes(from))).toEqual([]);
  });

  test('ends with a server that is not root and can be asked how it is', () => {
    const last = stages.at(-1);
    expect(last?.user).toMatch(/^[1-9]\d*:[1-9]\d*$/u);
    expect(last?.entrypoint.slice(0, 3)).toEqual(['tini', '--', 'node']);
    expect(last?.command).toEqual(['serve', '--host', '0.0.0.0']);
    expect(last?.healthCommand.join(' ')).toContain('/health/ready');
  });
});

test.each([
  ['an instruction that is not known', 'FROM a\nADD b c', /ADD/u],
  ['an instruction before the first stage', 'RUN true', /RUN comes before FROM/u],
])('%s is refused', (_what, text, message) => {
  expect(() => readDockerfile(text)).toThrow(message);
});

test('a .dockerignore that lets things through by not naming them is refused', () => {
  expect(() => allowedBy('node_modules\n')).toThrow(/expected/u);
});

test('a step knows its folder, the variables that were set before it, and nothing of other stages', () => {
  const [, second] = readDockerfile(`FROM base AS first
ARG A=1
# a comment
FROM other
ENV B="2 3" C=4
WORKDIR /app
ARG D=5
COPY x-\${D} y/ z/
RUN one \\
 && two
ENV E=6
`);
  const where = { folder: '/app', environment: { B: '2 3', C: '4', D: '5' } };
  expect(second?.steps).toEqual([
    { kind: 'copy', from: undefined, sources: ['x-5', 'y/'], to: 'z/', ...where },
    { kind: 'run', command: expect.stringMatching(/^one\s+&& two$/u), ...where },
  ]);
});
