import { combined } from '../result.mjs';
import { measureLengths } from '../scale/lengths.mjs';
import { writePlots } from '../scale/plot-files.mjs';
import { project } from '../scale/projection.mjs';
import { measureRealSources } from '../scale/real-sources.mjs';
import { measureScheduler } from '../scale/scheduler.mjs';
import { measureSlots } from '../scale/slots.mjs';
import { measureSources } from '../scale/sources.mjs';
import { measureTicks } from '../scale/tick.mjs';

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Scale: what grows with slots, sources, length and model, and what would stop it on a larger machine',
  async measure(run) {
    const scheduler = await measureScheduler(run);
    const ticks = await measureTicks(run);
    const real = await measureRealSources(run);
    const sources = await measureSources(run);
    const slots = await measureSlots(run);
    const lengths = await measureLengths(run);
    const memory = slots.memory.find(({ model }) => model === real.machine.models[0]?.name);
    const projection = await project(
      {
        machine: real.machine,
        served: real.served,
        cost: sources.cost,
        memory,
        laneMicroseconds: scheduler.laneMicroseconds,
      },
      run,
    );
    const parts = [slots, sources, scheduler, ticks, real, lengths, projection];
    await writePlots(Object.assign({}, ...parts.map(({ plots }) => plots)), run.quick);
    return combined(parts.map(({ findings }) => findings));
  },
};
