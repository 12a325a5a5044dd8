import { runChild } from '../children/child.mjs';
import { clipNamed } from '../clips.mjs';
import { modelPath, vadPath } from '../models.mjs';

/**
 * Where the memory of a slot goes: what a second state over loaded weights adds, step by step.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureState({ clips, progress }) {
  progress('what a state adds, with and without flash attention');
  const file = clipNamed(clips, 'jfk').path;
  const rows = [];
  for (const attention of ['plain', 'flash']) {
    const steps = await runChild('state-memory.mjs', [modelPath('base'), vadPath(), file, attention]);
    rows.push([attention, .../** @type {number[]} */ (steps)]);
  }
  const columns = [
    'attention',
    'Node and the addon',
    '+ weights, VAD, first state',
    '+ second state, warmed',
    '+ its first decode (11 s, sized)',
    '+ a decode at full context',
  ];
  return {
    figures: [],
    tables: [{ title: 'A slot, step by step, MiB of RSS, base q8_0', columns, rows }],
    notes: ['Step by step: bare addon calls on the main thread of a new process.'],
  };
}
