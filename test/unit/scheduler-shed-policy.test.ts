import { describe, expect, test } from 'vitest';
import { Scheduler } from '../../dist/scheduler/scheduler.js';
import { type ShedPolicy, shedPolicies } from '../../dist/scheduler/shed-policy.js';
import type { Ticket, Work } from '../../dist/scheduler/work.js';
import { ManualClock } from '../manual-clock.js';
import { workNamed } from './scheduler-work.js';
import { ScriptedSlots } from './scripted-slots.js';

/** Tickets of these kinds, waiting for a slot that never comes. */
function waiting(kinds: readonly Work['kind'][]): readonly Ticket[] {
  const clock = new ManualClock();
  const lane = new Scheduler(new ScriptedSlots(0, clock), clock).openLane({ priority: 'normal' });
  for (const [at, kind] of kinds.entries()) lane.submit(workNamed(`${at}`, { kind }));
  return lane.waiting;
}

const { refuse, dropOldestPartial, dropOldest, spool } = shedPolicies;

describe('a queue that is full', () => {
  test.each<[policy: ShedPolicy, kinds: readonly Work['kind'][], what: string, at?: number]>([
    [refuse, ['partial', 'final'], 'refuse'],
    [refuse, [], 'refuse'],
    [dropOldestPartial, ['final', 'partial', 'partial'], 'drop', 1],
    [dropOldestPartial, ['final', 'final'], 'refuse'],
    [dropOldestPartial, [], 'refuse'],
    [dropOldest, ['final', 'partial', 'final', 'partial'], 'drop', 1],
    [dropOldest, ['final', 'final'], 'drop', 0],
    [dropOldest, ['piece', 'final'], 'drop', 0],
    [dropOldest, [], 'refuse'],
    [spool, ['final', 'partial'], 'drop', 1],
    [spool, ['final', 'final'], 'spool', 0],
    [spool, [], 'refuse'],
  ])('with $name and %j: %s', (policy, kinds, what, at) => {
    const tickets = waiting(kinds);
    const shed = policy.choose(tickets);
    expect(shed.kind).toBe(what);
    expect(shed.kind === 'refuse' ? undefined : tickets.indexOf(shed.ticket)).toBe(at);
  });

  test('is asked by the name of its policy', () => {
    for (const [name, policy] of Object.entries(shedPolicies)) expect(policy.name).toBe(name);
  });
});
