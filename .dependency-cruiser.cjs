/**
 * The order of the folders, read by `npm run check`: a folder may import itself and what is named after it here.
 * A new folder under src/ takes its place in one of these lists.
 */
const WAY = [
  'cli',
  'server',
  'queue',
  'wire',
  'engine',
  'degrade',
  'session',
  'audio',
  'scheduler',
  'pool',
  'workers',
  'provider',
];
/** Beside the way: anything above `provider` may ask them; they ask only what is named after them, and `provider`. */
const BESIDE = ['capability', 'model', 'telemetry'];
/** The client runs in browsers, too: it knows what goes over the wire, and of everything else only types. */
const CLIENT = ['client', 'wire'];
/** For everyone; they import nothing but each other. */
const LEAVES = ['transcript', 'errors', 'clock'];

/** Files of a folder or, for the nouns that are a single file, that file. index.ts stands on the level of engine/. */
const filesOf = (name) => (name === 'engine' ? '^src/(engine/|index\\.ts$)' : `^src/${name}(/|\\.ts$)`);
const allowedFor = (name) => {
  if (name === 'client') return [...CLIENT, ...LEAVES];
  const lower = WAY.slice(WAY.indexOf(name));
  if (LEAVES.includes(name)) return LEAVES;
  if (BESIDE.includes(name)) return [...BESIDE.slice(BESIDE.indexOf(name)), 'provider', ...LEAVES];
  return name === 'provider' ? ['provider', ...LEAVES] : [...lower, ...BESIDE, ...LEAVES];
};
const known = [...WAY, 'client', ...BESIDE, ...LEAVES];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...known.map((name) => ({
      name: `order-of-${name}`,
      comment: `${name} may import only: ${allowedFor(name).join(', ')}`,
      severity: 'error',
      from: { path: filesOf(name) },
      to: {
        path: '^src/',
        pathNot: allowedFor(name).map(filesOf),
        ...(name === 'client' && { dependencyTypesNot: ['type-only'] }),
      },
    })),
    {
      name: 'wire-has-no-code-of-the-engine',
      comment: 'What goes over the wire is read by browsers: of the engine it may know types only.',
      severity: 'error',
      from: { path: '^src/wire/' },
      to: { path: '^src/', pathNot: ['^src/wire/', ...LEAVES.map(filesOf)], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'folder-without-a-place',
      comment: 'Every file under src/ belongs to a level named in .dependency-cruiser.cjs.',
      severity: 'error',
      from: { path: '^src/', pathNot: known.map(filesOf) },
      to: {},
    },
    {
      name: 'workers-speak-the-protocol',
      comment: 'A worker is another thread: the main thread knows its messages (workers/protocol.ts), never its code.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/workers/' },
      to: { path: '^src/workers/', pathNot: '^src/workers/protocol\\.ts$' },
    },
    {
      name: 'no-circular',
      comment: 'A cycle, through types too, means that two files are one noun or that a third is missing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'product-knows-no-tests',
      comment: 'src/ imports only itself and packages.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts|examples|dist|build)/' },
    },
    {
      name: 'only-shipped-packages',
      comment: 'src/ imports only what package.json names as a dependency.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only', 'npm-peer'] },
    },
    {
      name: 'tests-and-benchmarks-use-the-build',
      comment: 'Worker threads run compiled code; a test that imports src/ would load everything twice.',
      severity: 'error',
      from: { path: '^(test|bench|examples)/' },
      to: { path: '^src/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: ['node_modules', '^dist/', '^build/'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
