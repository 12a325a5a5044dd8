import { measureAborts } from './benchmarks/abort.mjs';
import { measureDelay } from './benchmarks/eventloop.mjs';
import { benchmark as load } from './benchmarks/load.mjs';
import { measureDefaults } from './capability/defaults.mjs';
import { measureSharing } from './memory/sharing.mjs';
import { combined } from './result.mjs';
import { measureFirstText } from './standard/first-text.mjs';
import { measureLive } from './standard/live.mjs';
import { measureSimulated } from './standard/simulated.mjs';
import { measureSmall } from './standard/small.mjs';
import { measureSpeed } from './standard/speed.mjs';
import { measureSlots } from './throughput/slots.mjs';

const SHORT = {
  speed: 3,
  slots: 3,
  defaults: 2,
  starts: 5,
  sharing: 2,
  aborts: 20,
  loop: { rounds: 2, windowSeconds: 6 },
  live: { warmUpSeconds: 8, seconds: 30 },
  smallMilliseconds: 500,
};
const TRIAL = {
  speed: 1,
  slots: 1,
  defaults: 1,
  starts: 1,
  sharing: 1,
  aborts: 2,
  loop: { rounds: 1, windowSeconds: 2 },
  live: { warmUpSeconds: 2, seconds: 6 },
  smallMilliseconds: 50,
};

/** What a service author wants to know first, in less than ten minutes on two cores. @type {import('./result.mjs').Benchmark} */
export const benchmark = {
  title: 'The short standard set',
  async measure(run) {
    const pace = run.quick ? TRIAL : SHORT;
    const trial = { ...run, quick: true };
    return combined([
      await measureSpeed(run, pace.speed),
      await measureFirstText(run, pace.starts),
      await measureSlots(run, pace.slots),
      await measureDefaults(run, pace.defaults),
      await measureSharing(run, pace.sharing),
      await load.measure(trial),
      await measureAborts(run, pace.aborts),
      await measureDelay(run, pace.loop),
      await measureLive(run, pace.live),
      await measureSimulated(run),
      await measureSmall(run, pace.smallMilliseconds),
    ]);
  },
};
