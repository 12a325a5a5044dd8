import { isDeepStrictEqual } from 'node:util';
import { EngineError } from '../errors.js';
import type { Priority } from '../scheduler/work.js';
import type { Rung } from './rung.js';
import { type Standing, standingOn } from './standing.js';

const priorities: readonly Priority[] = ['critical', 'normal', 'background'];
const mostRungs = 32;

/**
 * The rungs, if they make a ladder that leads down and back.
 * @throws EngineError `OPTION_INVALID`
 */
export function checkedRungs(rungs: readonly Rung[]): readonly Rung[] {
  // It comes from a user; an annotation, because the check would make it a list of anything.
  const isList: boolean = Array.isArray(rungs);
  if (!isList || rungs.length === 0 || rungs.length > mostRungs) {
    throw invalid(`\`rungs\` must be a list of 1 to ${mostRungs} rungs, the requested plan first.`);
  }
  const names = new Set<string>();
  for (const [index, rung] of rungs.entries()) {
    checkName(rung, index, names);
    checkPlan(rung);
    checkModel(rung);
    checkShed(rung);
    checkPlace(rungs, index, rung);
  }
  return rungs;
}

function checkName(rung: Rung, index: number, names: Set<string>): void {
  if (
    typeof rung !== 'object' ||
    (rung as unknown) === null ||
    typeof rung.name !== 'string' ||
    rung.name.trim() === ''
  ) {
    throw invalid(`Rung ${index} needs a \`name\`.`);
  }
  if (typeof rung.plan !== 'object' || (rung.plan as unknown) === null) {
    throw invalid(`Rung '${rung.name}' needs a \`plan\`; give {} for one that changes nothing of it.`);
  }
  if (names.has(rung.name)) throw invalid(`Two rungs are called '${rung.name}'.`);
  names.add(rung.name);
}

function checkPlan({ name, plan, addedChunkSeconds = 0 }: Rung): void {
  const { chunkSeconds = 1, partialEverySeconds = 1, beamSize = 1, encoderContext = 'full' } = plan;
  check(name, 'chunkSeconds', chunkSeconds, chunkSeconds >= 1, 'at least 1');
  check(name, 'partialEverySeconds', partialEverySeconds, partialEverySeconds > 0, 'more than 0, or undefined');
  const isBeam = Number.isInteger(beamSize) && beamSize >= 1 && beamSize <= 8;
  check(name, 'beamSize', beamSize, isBeam, 'a whole number from 1 to 8');
  const isContext = ['trimmed', 'sized', 'full'].includes(encoderContext);
  check(name, 'encoderContext', encoderContext, isContext, "'trimmed', 'sized' or 'full'");
  const isAddition = addedChunkSeconds >= 0 && addedChunkSeconds <= 60;
  check(name, 'addedChunkSeconds', addedChunkSeconds, isAddition, 'a number from 0 to 60');
}

function checkModel({ name, model }: Rung): void {
  if (model === undefined || model === 'smaller') return;
  const isNamed =
    typeof model === 'object' && (model as unknown) !== null && typeof model.model === 'string' && model.model !== '';
  check(name, 'model', model, isNamed, "'smaller' or { model, variant }");
}

function checkShed({ name, shed = {} }: Rung): void {
  for (const [field, list = []] of Object.entries(shed) as [string, readonly Priority[] | undefined][]) {
    const isField = field === 'finalsOf' || field === 'spool';
    const isArray: boolean = Array.isArray(list);
    const isList = isArray && list.every((priority) => priorities.includes(priority));
    check(name, `shed.${field}`, list, isField && isList, `a list of ${priorities.join(', ')}, as finalsOf or spool`);
  }
}

function checkPlace(rungs: readonly Rung[], index: number, { name }: Rung): void {
  const standing = standingOn(rungs, index);
  const above = index === 0 ? standingOn([], 0) : standingOn(rungs, index - 1);
  const changes = !isDeepStrictEqual(standing, above);
  if (index === 0 && changes) {
    throw invalid(`The ladder cannot be climbed back: rung 0, '${name}', must change nothing of the requested plan.`);
  }
  if (index > 0 && !changes) {
    throw invalid(`Rung '${name}' changes nothing: the rungs before it are as light already.`);
  }
  checkCritical(name, standing);
}

function checkCritical(name: string, { dropped, spooled }: Standing): void {
  const shed = [...dropped, ...spooled];
  if (shed.includes('critical') && shed.length < priorities.length) {
    throw invalid(`Rung '${name}' sheds what is critical while it serves other sources.`);
  }
}

function check(rung: string, field: string, value: unknown, isRight: boolean, wanted: string): void {
  if (!isRight) throw invalid(`\`${field}\` of rung '${rung}' is ${String(value)}; it must be ${wanted}.`);
}

function invalid(message: string): EngineError {
  return new EngineError('OPTION_INVALID', message);
}
