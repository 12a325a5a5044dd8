import type { Gate } from './gate.js';
import { type PlaceLimits, Places } from './places.js';

/** Lets everybody in, as long as there are places. */
export function anonymousGate(limits: PlaceLimits): Gate {
  const places = new Places('this server');
  return {
    isGuarded: false,
    admit: () => ({ name: 'anonymous', enter: (kind) => places.enter(kind, limits) }),
  };
}
