import { knownValue, type Machine, usableCores } from '../../capability/machine.js';
import type { Plan, PlanWishes } from '../../capability/plan.js';
import { catalogModels } from '../../capability/plannable-models.js';
import { planFor } from '../../capability/planner.js';
import { inBytes } from '../../model/caches/byte-count.js';
import { type ExitCode, exitCodes } from '../exit-code.js';
import type { Terminal } from '../terminal.js';
import { describedMachine, type MachineFlags, wholeNumber } from './described-machine.js';
import { jsonText } from './json-text.js';
import { page, section } from './layout.js';
import { expectationText, planText } from './plan-text.js';

export interface PlanFlags extends MachineFlags {
  readonly language: string;
  readonly model?: string;
  readonly variant?: string;
  readonly slots?: string;
  readonly json?: boolean;
}

/** `whisperpool plan` */
export function planForAnother(terminal: Terminal, flags: PlanFlags): ExitCode {
  const { machine, backends } = describedMachine(flags);
  const { language, model, variant, slots } = flags;
  const wishes: PlanWishes = {
    language,
    model,
    variant,
    slots: slots === undefined ? undefined : wholeNumber('--slots', slots, 256),
  };
  const plan = planFor(machine, wishes, catalogModels(), backends);
  const document = { machine, usableCores: usableCores(machine), plan };
  terminal.print(flags.json === true ? jsonText(document) : planPage(machine, plan));
  return exitCodes.ok;
}

/** With what was made of the description. */
function planPage(machine: Machine, plan: Plan): string {
  const { logicalCores, cpuQuotaCores, totalMemoryBytes, availableMemoryBytes } = machine;
  const quota = knownValue(cpuQuotaCores) ?? Number.POSITIVE_INFINITY;
  const [total = 0, available = 0] = [totalMemoryBytes, availableMemoryBytes].map(knownValue);
  return page([
    section('Machine', [
      ['Cores', `${knownValue(logicalCores)}${Number.isFinite(quota) ? `, under a quota of ${quota} CPU` : ''}`],
      ['Memory', `${inBytes(total)}, of which ${inBytes(available)} are taken to be available`],
    ]),
    planText(plan),
    expectationText(plan.expected),
  ]);
}
