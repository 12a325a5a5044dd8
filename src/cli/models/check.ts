import { statSync } from 'node:fs';
import { EngineError } from '../../errors.js';
import { thisMachine } from '../../model/caches/cache-context.js';
import { checkCaches } from '../../model/caches/check-caches.js';
import { planRepairs } from '../../model/caches/repair.js';
import { type ExitCode, stateExitCodes } from '../exit-code.js';
import type { Terminal } from '../terminal.js';
import { cacheDocument } from './cache-document.js';
import { cacheText, countsText } from './cache-text.js';
import { applyRepairs, mayRepair } from './repairing.js';

export interface CheckFlags {
  readonly dir?: readonly string[];
  readonly tool?: readonly string[];
  readonly deep?: boolean;
  readonly fix?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** `whisperpool models check` */
export async function checkTools(terminal: Terminal, flags: CheckFlags): Promise<ExitCode> {
  const { dir = [], tool: tools, deep, fix = false, yes = false, json = false } = flags;
  const { signal } = terminal;
  for (const folder of dir) refuseNoFolder(folder);
  const context = thisMachine(dir);
  const before = await checkCaches(context, { tools, deep, signal });
  const repairs = planRepairs(before, context.nowSeconds);
  if (!json) terminal.print(cacheText(before, terminal.stdout));
  const isAgreed = fix && repairs.length > 0 && (await mayRepair(terminal, repairs, yes));
  if (!isAgreed) {
    const planned = repairs.map((repair) => ({ repair, outcome: 'planned' as const }));
    const advice = adviceText(repairs.length, fix);
    if (json) terminal.printJson(cacheDocument(before, planned));
    else if (advice !== undefined) terminal.say(advice);
    return stateExitCodes[before.state];
  }
  const outcomes = await applyRepairs(terminal, repairs);
  const after = await checkCaches(context, { tools, deep, signal });
  if (json) terminal.printJson(cacheDocument(after, outcomes));
  else terminal.say(`${countsText(after)}.`);
  return stateExitCodes[after.state];
}

function refuseNoFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new EngineError('OPTION_INVALID', `--dir ${folder} is no folder.`);
}

function adviceText(repairCount: number, fix: boolean): string | undefined {
  if (fix) return repairCount === 0 ? 'Nothing can be repaired with what is here.' : 'Nothing was changed.';
  return repairCount === 0
    ? undefined
    : `Repairs that are possible with what is here: ${repairCount}. --fix shows them.`;
}
