import { EngineError } from '../../errors.js';
import { closestName } from '../closest-name.js';
import type { CacheContext } from './cache-context.js';
import {
  type CacheReport,
  type CacheState,
  type ModelFinding,
  type NameInUse,
  type Waste,
  worstState,
} from './cache-report.js';
import { findDuplicates } from './duplicates.js';
import type { ToolCache } from './tool-cache.js';
import { toolCaches } from './tools.js';

export interface CheckOptions {
  /** Only these, by name in any case. @defaultValue all */
  readonly tools?: readonly string[] | undefined;
  /** Also hash every file whose hash is known: minutes instead of a second. @defaultValue false */
  readonly deep?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Says of every model of other implementations of Whisper whether it is complete, incomplete or missing on this
 * machine, and what takes room twice. Only reads.
 * @throws EngineError `OPTION_INVALID` for a tool that nobody knows, `ABORTED`
 */
export async function checkCaches(context: CacheContext, options: CheckOptions = {}): Promise<CacheReport> {
  const { deep = false, signal } = options;
  const tools = chosenTools(options.tools);
  const findings: ModelFinding[] = [];
  const waste: Waste[] = [];
  const names: NameInUse[] = [];
  for (const tool of tools) {
    const inspection = await tool.inspect(context, { deep, signal });
    findings.push(...inspection.findings);
    waste.push(...inspection.waste);
    names.push(...namesOf(tool, inspection.findings));
  }
  const found = findings.filter((finding) => finding.state !== 'missing');
  waste.push(...(await findDuplicates(found, { deep, signal })));
  const distinct = distinctWaste(waste);
  return {
    state: worstState(findings.map((finding) => finding.state)),
    counts: countStates(findings),
    findings,
    names,
    waste: distinct,
    wastedBytes: distinct.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function chosenTools(wanted: readonly string[] | undefined): readonly ToolCache[] {
  if (!wanted) return toolCaches;
  const names = toolCaches.map(({ tool }) => tool);
  return wanted.map((name) => {
    const known = toolCaches.find(({ tool }) => tool.toLowerCase() === name.toLowerCase());
    if (known) return known;
    const closest = closestName(
      name.toLowerCase(),
      names.map((each) => each.toLowerCase()),
    );
    const suggestion = names.find((each) => each.toLowerCase() === closest);
    const guess = suggestion === undefined ? '' : ` Did you mean '${suggestion}'?`;
    throw new EngineError('OPTION_INVALID', `There is no tool '${name}'.${guess} Known are ${names.join(', ')}.`);
  });
}

function namesOf({ tool, chains }: ToolCache, findings: readonly ModelFinding[]): readonly NameInUse[] {
  const complete = new Set(findings.filter(({ state }) => state === 'complete').map(({ model }) => model));
  return Object.entries(chains).map(([name, chain]) => ({
    tool,
    name,
    chain,
    takes: chain.find((model) => complete.has(model)),
  }));
}

function countStates(findings: readonly ModelFinding[]): CacheReport['counts'] {
  const count = (state: CacheState) => findings.filter((finding) => finding.state === state).length;
  return { complete: count('complete'), incomplete: count('incomplete'), missing: count('missing') };
}

/** Tools that share a hub cache report the same waste in it. */
function distinctWaste(waste: readonly Waste[]): readonly Waste[] {
  return [...new Map(waste.map((item) => [`${item.kind} ${item.paths.join('\n')}`, item])).values()];
}
