import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { packagesOf, reachableFrom } from '../module-graph.js';

interface Description {
  readonly exports: Readonly<Record<string, Readonly<Record<'types' | 'default', string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
}

const root = new URL('../../', import.meta.url);
const description = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as Description;
const { dependencies, peerDependencies, peerDependenciesMeta } = description;

test.each(Object.entries(description.exports))('%s leads to code and types', (_name, { types, default: code }) => {
  expect([types, code].filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
});

test.each(Object.keys(description.exports))('%s can be required by CommonJS, and is what is imported', (name) => {
  const entry = JSON.stringify(name.replace('.', 'whisperpool'));
  const source = `const required = require(${entry});
    import(${entry}).then((imported) => console.log(Object.keys(required).length > 0 && required === imported));`;
  const parameters = ['--input-type=commonjs', '--eval', source];
  const { stdout, stderr } = spawnSync(process.execPath, parameters, { cwd: root, encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' });
});

test('the engine needs no package but its dependencies, and prom-client only where metrics are asked for', () => {
  expect(reachableFrom('dist/index.js').files.length).toBeGreaterThan(100);
  expect(packagesOf('dist/index.js').filter((name) => !(name in dependencies))).toEqual(['prom-client']);
});

test('the server and the queue need no package that an installation does not know of', () => {
  const needed = ['dist/server/index.js', 'dist/queue/index.js'].flatMap(packagesOf);
  expect(needed).toEqual(expect.arrayContaining(['bullmq', 'fastify']));
  expect(needed.filter((name) => !(name in dependencies || name in peerDependencies))).toEqual([]);
});

test('every peer is optional', () => {
  expect(Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true)).toEqual([]);
});

describe('the client', () => {
  const { files, named } = reachableFrom('dist/client/index.js');

  test('needs nothing of Node, and one package where there is no WebSocket', () => {
    expect(named.filter((name) => name !== 'undici')).toEqual([]);
  });

  test('has no code of the engine', () => {
    expect(files.filter((file) => !/^dist\/(?:(?:client|wire)\/|(?:errors|clock)\.js$)/u.test(file))).toEqual([]);
  });
});
