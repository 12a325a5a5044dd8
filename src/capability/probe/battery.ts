import { type Fact, known } from '../machine.js';
import type { Reading } from './reading.js';

type Battery = 'none' | 'charging' | 'discharging';

/** Of the machine; on mains it counts as charging, full or not. */
export async function battery(reading: Reading): Promise<Fact<Battery>> {
  if (reading.platform !== 'linux') {
    const { hasBattery, isCharging, acConnected } = await reading.ask('battery');
    const state = isCharging || acConnected ? 'charging' : 'discharging';
    return known(hasBattery ? state : 'none', 'systeminformation.battery');
  }
  const folder = '/sys/class/power_supply';
  if (!(await reading.list('/sys/class')).includes('power_supply'))
    return known('none', 'no power_supply in /sys/class');
  const supplies = await reading.list(folder);
  const states = await Promise.all(supplies.map((supply) => stateOf(reading, `${folder}/${supply}`)));
  const state = (['discharging', 'charging'] as const).find((candidate) => states.includes(candidate));
  return known(state ?? 'none', folder);
}

async function stateOf(reading: Reading, supply: string): Promise<Battery> {
  const of = async (file: string) => (await reading.textIfThere(`${supply}/${file}`))?.trim();
  const isOurs = (await of('type')) === 'Battery' && (await of('scope')) !== 'Device'; // a mouse's battery is a device's
  if (!isOurs) return 'none';
  return (await of('status')) === 'Discharging' ? 'discharging' : 'charging';
}
