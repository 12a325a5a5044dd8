import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { replay } from '../../degrade/replay.js';
import { defaultMachine, machineFrom, type SimulatedMachine } from '../../degrade/simulator/machine.js';
import { recordedMachine } from '../../degrade/simulator/recorded-machine.js';
import { simulate } from '../../degrade/simulator/simulate.js';
import { syntheticTraces } from '../../degrade/simulator/synthetic-traces.js';
import { readTrace } from '../../degrade/simulator/trace-lines.js';
import { EngineError } from '../../errors.js';
import { type ExitCode, exitCodes } from '../exit-code.js';
import type { Terminal } from '../terminal.js';
import { policyFrom } from './policy-file.js';
import { resultText } from './result-text.js';
import { timelinePage } from './timeline-page.js';

export interface SimulateFlags {
  readonly policy: string;
  readonly machine?: string;
  readonly html?: string;
  readonly json?: boolean;
}

/** `whisperpool simulate` */
export async function simulateTrace(terminal: Terminal, traceName: string, flags: SimulateFlags): Promise<ExitCode> {
  const policy = await policyFrom(flags.policy);
  const make = Object.hasOwn(syntheticTraces, traceName) ? syntheticTraces[traceName] : undefined;
  const lines = make ? '' : await linesAt(traceName);
  const machine =
    flags.machine === undefined ? (recordedMachine(lines) ?? defaultMachine) : await machineAt(flags.machine);
  const trace = make ? make({ machine }) : readTrace(lines, basename(traceName));
  const result = await simulate(policy, trace, machine);
  const replayed = replay(policy, lines);
  if (flags.html !== undefined) await writePage(flags.html, timelinePage(result));
  if (flags.json === true) terminal.printJson({ ...result, ...(replayed.ticks.length > 0 && { replay: replayed }) });
  else terminal.print(resultText(result, replayed, terminal.stdout));
  return exitCodes.ok;
}

function linesAt(path: string): Promise<string> {
  const names = Object.keys(syntheticTraces).join(', ');
  return textOf(path, `It is no file with a trace, and none of the made-up ones either: ${names}.`);
}

async function machineAt(path: string): Promise<SimulatedMachine> {
  const text = await textOf(path, 'The description of the machine cannot be read.');
  try {
    return machineFrom(JSON.parse(text) as unknown);
  } catch (error) {
    throw EngineError.from(error, 'OPTION_INVALID', `'${path}' is no JSON.`);
  }
}

async function textOf(path: string, otherwise: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new EngineError('OPTION_INVALID', `'${path}' cannot be used. ${otherwise}`, { cause });
  });
}

async function writePage(path: string, page: string): Promise<void> {
  await writeFile(path, page).catch((cause: unknown) => {
    throw new EngineError('OPTION_INVALID', `The page cannot be written to '${path}'.`, { cause });
  });
}
