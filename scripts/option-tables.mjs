// Writes docs/options.md from the types that are published.   node scripts/option-tables.mjs [--check]
import { readFileSync, writeFileSync } from 'node:fs';
import ts from 'typescript';
import { SetupFailure } from './setup/failure.mjs';
import { place } from './setup/place.mjs';

/** What takes options, in the order of the page; the options that these hold come after them by themselves. */
const PARTS = [
  {
    heading: 'The engine',
    module: 'index',
    calls: [
      ['EngineOptions', 'createEngine(options)'],
      ['TranscribeOptions', 'engine.transcribe(input, options)'],
      ['SwitchOptions', 'engine.switchModel(model, options)'],
      ['HealthOptions', 'engine.health(options)'],
      ['MetricsOptions', 'engine.metrics.register(options)'],
      ['RecordOptions', 'engine.record(options)'],
      ['FormatOptions', 'formatTranscript(transcript, format, options)'],
    ],
  },
  {
    heading: 'Live sessions',
    module: 'index',
    calls: [
      ['SessionOptions', 'engine.openSession(options)'],
      ['SourceOptions', 'session.addSource(name, options)'],
      ['WriteOptions', 'source.write(bytes, options)'],
      ['FollowOptions', 'session.events(options)'],
    ],
  },
  {
    heading: 'Policies',
    module: 'index',
    calls: [
      ['PolicyDefinition', 'definePolicy(definition)'],
      ['LoadOptions', 'steady(load, options)` and the other made-up loads `(…, options)'],
    ],
  },
  {
    heading: 'Providers',
    module: 'index',
    calls: [
      ['WhisperCppOptions', 'whisperCpp(options)'],
      ['WhisperNodeAddonOptions', 'whisperNodeAddon(options)'],
      ['SubprocessOptions', 'subprocess(options)'],
    ],
  },
  {
    heading: 'Adapters',
    module: 'provider/adapters/adapters',
    calls: [
      ['FasterWhisperOptions', 'fasterWhisper(options)'],
      ['InsanelyFastWhisperOptions', 'insanelyFastWhisper(options)'],
      ['MlxWhisperOptions', 'mlxWhisper(options)'],
      ['LightningWhisperMlxOptions', 'lightningWhisperMlx(options)'],
      ['WhisperMpsOptions', 'whisperMps(options)'],
      ['ParakeetMlxOptions', 'parakeetMlx(options)'],
      ['WhisperKitOptions', 'whisperKit(options)'],
      ['FluidAudioOptions', 'fluidAudio(options)'],
      ['VoxtralOptions', 'voxtral(options)'],
    ],
  },
  { heading: 'The server', module: 'server/index', calls: [['ServerOptions', 'createServer(options)']] },
  { heading: 'The client', module: 'client/index', calls: [['ClientOptions', 'connect(url, options)']] },
  {
    heading: 'The fleet',
    module: 'queue/index',
    calls: [
      ['QueueOptions', 'createQueue(options)'],
      ['EnqueueOptions', 'queue.enqueue(uri, options)'],
      ['ResultOptions', 'queue.result(id, options)'],
      ['QueueMetricsOptions', 'queue.metrics.register(options)'],
      ['WorkerOptions', 'createWorker(options)'],
      ['LeaseDirectoryOptions', 'createLeaseDirectory(options)'],
    ],
  },
];

/** @type {string[]} */
const undocumented = [];
const page = place('docs/options.md');
const begin = '<!-- written by `npm run docs:options` from here … -->';
const end = '<!-- … to here -->';

/** Unions are written out, whatever they are called. */
const FORMAT = /** @type {ts.TypeFormatFlags} */ (
  ts.TypeFormatFlags.NoTruncation |
    ts.TypeFormatFlags.UseSingleQuotesForStringLiteralType |
    ts.TypeFormatFlags.InTypeAlias
);

const program = ts.createProgram([...new Set(PARTS.map(({ module }) => place('dist', `${module}.d.ts`)))], {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  types: ['node'],
  strict: true,
  skipLibCheck: true,
});
const checker = program.getTypeChecker();

/** @param {string} module */
function exportsOf(module) {
  const file = program.getSourceFile(place('dist', `${module}.d.ts`));
  const symbol = file && checker.getSymbolAtLocation(file);
  if (!symbol) throw new SetupFailure(`dist/${module}.d.ts is missing: run \`npm run build\`.`);
  return new Map(checker.getExportsOfModule(symbol).map((one) => [one.name, resolved(one)]));
}

/** @param {ts.Symbol} symbol */
function resolved(symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** @param {ts.Symbol | undefined} symbol */
function commentOf(symbol) {
  return symbol ? oneLine(ts.displayPartsToString(symbol.getDocumentationComment(checker))) : '';
}

/** @param {string} text */
function oneLine(text) {
  return text.replaceAll(/\s+/gu, ' ').trim();
}

/** @param {string} text of a cell */
function cell(text) {
  return oneLine(text).replaceAll('|', '\\|');
}

/** What an option's type is made of, `undefined` aside. @param {ts.Symbol} option */
function partsOf(option) {
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(option));
  const parts = type.isUnion() && !type.aliasSymbol ? type.types : [type];
  return parts.map((part) => (part.aliasSymbol?.name === 'Partial' ? part.aliasTypeArguments?.[0] : undefined) ?? part);
}

/** The options within an option. @param {ts.Symbol} option @returns {ts.Symbol[]} */
function within(option) {
  return partsOf(option)
    .map((part) => part.aliasSymbol ?? part.getSymbol())
    .filter((symbol) => symbol !== undefined)
    .filter(({ name }) => /(?:Options|Limits|Rules|Format|Thresholds)$/u.test(name));
}

/** @param {ts.Symbol} option */
function typeOf(option) {
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(option));
  const [only, ...others] = within(option);
  if (only && others.length === 0 && partsOf(option).length === 1) return link(only);
  const text = cell(checker.typeToString(type, undefined, FORMAT));
  return [`\`${text}\``, ...within(option).map(link)].join(', ');
}

/** @param {ts.Symbol} symbol */
function link({ name }) {
  return `[${name}](#${name.toLowerCase()})`;
}

/** @param {ts.Symbol} option */
function defaultOf(option) {
  const tag = option.getJsDocTags(checker).find(({ name }) => name === 'defaultValue');
  if (!tag) return option.flags & ts.SymbolFlags.Optional ? '' : '**required**';
  const text = oneLine(ts.displayPartsToString(tag.text));
  return cell(/^(?:'[^']*'|\[[^\]]*\]|true|false|Infinity)$/u.test(text) ? `\`${text}\`` : text);
}

/** @param {ts.Symbol} option @param {ts.Symbol} owner */
function explanationOf(option, owner) {
  const parent = option.declarations?.[0]?.parent;
  const declaredIn = parent && ts.isInterfaceDeclaration(parent) ? checker.getSymbolAtLocation(parent.name) : undefined;
  const text = commentOf(option) || commentOf(within(option)[0]) || (declaredIn === owner ? '' : commentOf(declaredIn));
  if (!text && !defaultOf(option)) undocumented.push(`${owner.name}.${option.name}`);
  return cell(text);
}

/** What an interface has its options from, too: they are in its own table. @param {ts.Symbol} owner */
function basesOf(owner) {
  const type = checker.getDeclaredTypeOfSymbol(owner);
  return type.isClassOrInterface() ? checker.getBaseTypes(type).map((base) => base.getSymbol()) : [];
}

/** @param {ts.Symbol} owner @param {string} [call] */
function section(owner, call) {
  const options = checker
    .getPropertiesOfType(checker.getDeclaredTypeOfSymbol(owner))
    .filter((option) => !option.getJsDocTags(checker).some(({ name }) => name === 'internal'));
  const rows = options.map(
    (option) => `| \`${option.name}\` | ${typeOf(option)} | ${defaultOf(option)} | ${explanationOf(option, owner)} |`,
  );
  const introduction = [call && `\`${call}\``, commentOf(owner)].filter(Boolean).join(': ');
  const table = ['| option | type | default | what |', '| --- | --- | --- | --- |', ...rows].join('\n');
  return { options, text: [`### ${owner.name}`, introduction, table].filter(Boolean).join('\n\n') };
}

/** @returns {string} */
function tables() {
  const known = new Set();
  const texts = [];
  for (const { heading, module, calls } of PARTS) {
    const exported = exportsOf(module);
    texts.push(`## ${heading}`);
    const waiting = calls.map(([name = '', call]) => ({ owner: exported.get(name), name, call }));
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      if (!next.owner) throw new SetupFailure(`dist/${module}.d.ts exports no ${next.name}.`);
      if (known.has(next.owner)) continue;
      known.add(next.owner);
      for (const base of basesOf(next.owner)) known.add(base);
      const { options, text } = section(next.owner, next.call);
      texts.push(text);
      const inner = options.flatMap(within).filter((owner) => !calls.some(([name]) => name === owner.name));
      waiting.unshift(...inner.map((owner) => ({ owner, name: owner.name, call: undefined })));
    }
  }
  for (const module of new Set(PARTS.map((part) => part.module))) {
    for (const [name, symbol] of exportsOf(module)) {
      if (name.endsWith('Options') && !known.has(symbol)) {
        throw new SetupFailure(`${name} is exported, and no call of scripts/option-tables.mjs takes it.`);
      }
    }
  }
  if (undocumented.length > 0) throw new SetupFailure(`These need a comment or a default: ${undocumented.join(', ')}.`);
  return texts.join('\n\n');
}

try {
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new SetupFailure(`docs/options.md has lost its marks ${begin} and ${end}`);
  const written = `${text.slice(0, from)}${begin}\n\n${tables()}\n\n${text.slice(to)}`;
  if (!process.argv.includes('--check')) writeFileSync(page, written);
  else if (written !== text) throw new SetupFailure('docs/options.md is out of date: run `npm run docs:options`.');
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
