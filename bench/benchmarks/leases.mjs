import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { leaseCommands } from '../../dist/queue/lease-commands.js';
import { createLeaseDirectory } from '../../dist/queue/redis-lease-directory.js';
import { freePort } from '../free-port.mjs';
import { figure, missing } from '../result.mjs';
import { spreadOf } from '../spread.mjs';

const PROGRAM = '/usr/bin/redis-server';
/** In flight at once. */
const AT_ONCE = 100;
const LEASES = 20_000;
const TTL_MS = 15_000;
const RENEWALS_OF_A_LEASE = 3 / 15;
const URL_OF_A_HOST = 'wss://host-17.speech.example:8443/v1/live';
const KINDS = /** @type {const} */ (['take', 'find', 'renew', 'release']);

/** @typedef {typeof KINDS[number]} Kind */
/** @typedef {{ perSecond: number, redisMicroseconds: number }} Measured the second is CPU of Redis for one lease */

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Leases: what one Redis bears of a fleet that says who holds which live session',
  async measure({ quick, progress }) {
    if (!existsSync(PROGRAM)) return { figures: [missing('leases', `There is no ${PROGRAM}.`)], tables: [], notes: [] };
    const folder = await mkdtemp(join(tmpdir(), 'leases-'));
    const port = await freePort();
    const words = ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
    const redis = spawn(PROGRAM, words.map(String), { stdio: 'ignore' });
    const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    try {
      /** @type {Record<Kind, Measured>[]} */
      const rounds = [];
      let bytes = 0;
      for (let round = 1; round <= (quick ? 1 : 5); round += 1) {
        progress(`round ${round}: ${LEASES} leases`);
        const { measured, bytesOfALease } = await measureRound(client, port);
        rounds.push(measured);
        bytes = bytesOfALease;
      }
      return findings(rounds, bytes);
    } finally {
      client.disconnect();
      redis.kill();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/**
 * @param {Redis} client
 * @param {number} port
 */
async function measureRound(client, port) {
  await client.flushall();
  const memoryBefore = await infoOf(client, 'used_memory');
  const directory = await createLeaseDirectory({ redis: `redis://127.0.0.1:${port}`, url: URL_OF_A_HOST });
  const sessions = Array.from(
    { length: LEASES },
    (_, index) => `3f2b6c1e-0000-4000-8000-${`${index}`.padStart(12, '0')}`,
  );
  /** @type {import('../../dist/queue/lease-directory.js').Lease[]} */
  const held = [];
  const take = await timed(client, () =>
    eachOf(sessions, async (session) => {
      held.push(await directory.take(session));
    }),
  );
  const bytesOfALease = ((await infoOf(client, 'used_memory')) - memoryBefore) / LEASES;
  const find = await timed(client, () => eachOf(sessions, (session) => directory.find(session)));
  const keys = sessions.map((session) => `whisperpool:lease:${session}`);
  const values = await client.mget(keys);
  const leases = keys.map((key, index) => ({ key, value: values[index] ?? '' }));
  const commands = leaseCommands(client, 'whisperpool:fence');
  /** @type {readonly string[]} */
  let standings = [];
  const renew = await timed(client, async () => {
    standings = await commands.renew(leases, TTL_MS);
  });
  if (standings.some((standing) => standing !== 'renewed')) throw new Error('A lease was lost.');
  const release = await timed(client, () => eachOf(held, (lease) => lease.release()));
  await directory[Symbol.asyncDispose]();
  return { measured: { take, find, renew, release }, bytesOfALease };
}

/**
 * @param {readonly Record<Kind, Measured>[]} rounds
 * @param {number} bytesOfALease
 * @returns {import('../result.mjs').Findings}
 */
function findings(rounds, bytesOfALease) {
  const perSecond = (/** @type {Kind} */ kind) => spreadOf(rounds.map((round) => round[kind].perSecond));
  const microseconds = (/** @type {Kind} */ kind) => spreadOf(rounds.map((round) => round[kind].redisMicroseconds));
  const most = 1e6 / microseconds('renew').median / RENEWALS_OF_A_LEASE;
  return {
    figures: [
      ...KINDS.map((kind) =>
        figure(`${kind} a second, one host`, '/ s', perSecond(kind).median, undefined, perSecond(kind)),
      ),
      ...KINDS.map((kind) =>
        figure(`CPU of Redis, ${kind}`, 'µs', microseconds(kind).median, undefined, microseconds(kind)),
      ),
      figure('memory of Redis, a lease', 'bytes', bytesOfALease),
      figure('leases that one core of Redis can keep renewed', 'count', most),
    ],
    tables: [],
    notes: [
      `One Redis without persistence, one directory, both and the bench on the same machine. ${LEASES} leases; take, find and release ${AT_ONCE} at once, renewals 200 a script, as a directory sends them.`,
      'CPU of Redis is its own count, user and system, so that it says what a Redis bears that has a core to itself. The last figure is arithmetic on it: a lease of 15 s is renewed every 5 s.',
    ],
  };
}

/**
 * @param {Redis} client
 * @param {() => Promise<unknown>} work
 * @returns {Promise<Measured>}
 */
async function timed(client, work) {
  const cpuOf = async () =>
    (await infoOf(client, 'used_cpu_user_main_thread')) + (await infoOf(client, 'used_cpu_sys_main_thread'));
  const cpuBefore = await cpuOf();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  return { perSecond: LEASES / seconds, redisMicroseconds: (1e6 * ((await cpuOf()) - cpuBefore)) / LEASES };
}

/**
 * @template Item
 * @param {readonly Item[]} items
 * @param {(item: Item) => Promise<unknown>} work
 */
async function eachOf(items, work) {
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/**
 * @param {Redis} client
 * @param {string} name
 */
async function infoOf(client, name) {
  return Number(new RegExp(`^${name}:([0-9.]+)`, 'm').exec(await client.info())?.[1]);
}
