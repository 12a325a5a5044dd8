import { isDeepStrictEqual } from 'node:util';
import { type PlanKey, planOfKey } from '../plan-key.js';
import { invalidLine, readLines, withNumbers } from '../recording-lines.js';
import type { MachineLine } from '../recording-machine.js';
import { defaultMachine, machineFrom, type SimulatedMachine, type SimulatedModel, serviceSeconds } from './machine.js';

/** What decodes with a plan took beside full slots. */
interface PlanCosts {
  readonly plan: PlanKey;
  readonly switchSeconds: number;
  readonly weight: number;
  readonly points: readonly { readonly audioSeconds: number; readonly decodeSeconds: number }[];
}

/** The parts of a model's cost. */
const parts = ['baseSeconds', 'perSecondSeconds', 'perFrameSeconds'] as const;
const free = { name: '', variant: '', baseSeconds: 0, perSecondSeconds: 0, perFrameSeconds: 0, switchSeconds: 0 };
const rounds = 3000;

/**
 * The machine of a recording, as it was measured meanwhile, for `simulate`; undefined where there is none, as in a trace.
 * @param recording - JSON lines of `engine.record`
 * @throws EngineError `OPTION_INVALID` with the number of the line
 */
export function recordedMachine(recording: string): SimulatedMachine | undefined {
  const line = readLines(recording).find(({ fields }) => fields['kind'] === 'machine');
  if (!line) return undefined;
  try {
    return machineOf(withNumbers(line.fields) as MachineLine);
  } catch (error) {
    throw invalidLine(line.number, "it is no sound 'machine'", error);
  }
}

function machineOf({ slots, capacity, plan, queues, audioSeconds, costs }: MachineLine): SimulatedMachine {
  const all = costs.map(({ key, isMeasured, looks, switchSeconds, decodeSeconds }) => ({
    plan: planOfKey(key),
    weight: isMeasured ? looks : 1,
    switchSeconds,
    // Simulated slots do not slow each other down: every decode is as long as beside full ones.
    points: decodeSeconds.map((seconds, at) => ({
      audioSeconds: audioSeconds[at] ?? Number.NaN,
      decodeSeconds: (seconds * slots) / capacity,
    })),
  }));
  const beamFactor = beamFactorOf(all);
  const names = new Set(all.map(nameOf));
  const models = [...names].map((name) =>
    modelOf(
      all.filter((one) => nameOf(one) === name),
      beamFactor,
    ),
  );
  const slowestSwitch = Math.max(...models.map(({ switchSeconds }) => switchSeconds));
  return machineFrom({
    name: `recorded, ${slots} ${slots === 1 ? 'slot' : 'slots'}, ${models[0]?.name ?? ''}`,
    slots,
    // What is left out would be as usual; null is none.
    plan: { ...plan, partialEverySeconds: plan.partialEverySeconds ?? null },
    // The way back to a model that was never left takes as long as that to the others.
    models: models.map((model) => ({ ...model, switchSeconds: model.switchSeconds || slowestSwitch })),
    beamFactor,
    queues,
  });
}

function nameOf({ plan: { model, variant } }: PlanCosts): string {
  return `${model}|${variant}`;
}

/** What each further beam adds, where the same plan is known without any. */
function beamFactorOf(all: readonly PlanCosts[]): number {
  for (const { plan, points } of all) {
    const greedy = all.find((other) => isDeepStrictEqual(other.plan, { ...plan, beamSize: 1 }));
    const ratio = (points.at(-1)?.decodeSeconds ?? Number.NaN) / (greedy?.points.at(-1)?.decodeSeconds ?? Number.NaN);
    if (plan.beamSize > 1 && Number.isFinite(ratio)) return Math.max(0, (ratio - 1) / (plan.beamSize - 1));
  }
  return defaultMachine.beamFactor;
}

/** The parts of the cost that come nearest to all plans of a model, none below 0: least squares, by how long each was known. */
function modelOf(own: readonly PlanCosts[], beamFactor: number): SimulatedModel {
  const rows = own.flatMap(({ plan, weight, points }) =>
    points.map(({ audioSeconds, decodeSeconds }) => {
      const each = parts.map((part) => {
        const machine = { ...defaultMachine, models: [{ ...free, [part]: 1 }], beamFactor };
        return serviceSeconds(machine, 0, plan, audioSeconds);
      });
      return { each, decodeSeconds, weight };
    }),
  );
  const costs = parts.map(() => 0);
  // One part after the other, until none moves any more.
  for (let round = 0; round < rounds; round += 1) {
    for (const part of parts.keys()) {
      let [toward, sum] = [0, Number.MIN_VALUE];
      for (const { each, decodeSeconds, weight } of rows) {
        const own = each[part] ?? 0;
        const others = each.reduce((total, one, at) => (at === part ? total : total + one * (costs[at] ?? 0)), 0);
        toward += weight * own * (decodeSeconds - others);
        sum += weight * own * own;
      }
      costs[part] = Math.max(0, toward / sum);
    }
  }
  const [baseSeconds = 0, perSecondSeconds = 0, perFrameSeconds = 0] = costs;
  const { model: name = '', variant = '' } = own[0]?.plan ?? {};
  const switchSeconds = Math.max(...own.map((one) => one.switchSeconds));
  return { name, variant, baseSeconds, perSecondSeconds, perFrameSeconds, switchSeconds };
}
