import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createQueue } from '../../dist/queue/index.js';
import { freePort } from '../free-port.mjs';
import { untilSaid } from '../until-said.mjs';

/**
 * What a measurement is given.
 *
 * @typedef {object} Ground
 * @property {string} redis
 * @property {string} folder
 * @property {import('../../dist/queue/index.js').Queue} queue of tiny.en
 */

/**
 * Does `work` with a Redis that keeps nothing, an empty folder and a queue, all gone afterwards.
 *
 * @template T
 * @param {(ground: Ground) => Promise<T>} work
 * @returns {Promise<T | undefined>} nothing where redis-server is not installed
 */
export async function withRedis(work) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-fleet-'));
  const port = await freePort();
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const child = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').catch(() => undefined);
  try {
    const isReady = await untilSaid(child, child.stdout, 'Ready to accept').then(
      () => true,
      () => false,
    );
    if (!isReady) return undefined;
    const redis = `redis://127.0.0.1:${port}`;
    const queue = await createQueue({ redis, model: 'tiny.en' });
    try {
      return await work({ redis, folder, queue });
    } finally {
      await queue.close();
    }
  } finally {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}
