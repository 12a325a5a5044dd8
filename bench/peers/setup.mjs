// Brings the peers here and tries to load a model with each: `node bench/peers/setup.mjs [NAME…]`. The benchmarks do it
// by themselves; this is for doing it ahead.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDriver } from './driver.mjs';
import { installPeer } from './install.mjs';
import { outcomeText } from './outcome.mjs';
import { peersNamed } from './table.mjs';
import { weightsFor } from './weights.mjs';

const LOAD_WITHIN_SECONDS = 60;

const folder = await mkdtemp(join(tmpdir(), 'peers-'));
try {
  for (const peer of peersNamed(process.argv.slice(2))) {
    console.log(`${peer.name}: ${await stateOf(peer)}`);
  }
} finally {
  await rm(folder, { recursive: true });
}

/** @param {import('./table.mjs').Peer} peer */
async function stateOf(peer) {
  const installed = await installPeer(peer, (line) => console.error(`  ${line}`));
  if (installed.kind === 'does not install') return `does not install: ${installed.reason}`;
  const path = await weightsFor(peer, 'tiny.en', folder);
  const driver = startDriver(peer);
  const outcome = await driver.ask(
    { command: 'load', model: 'tiny.en', path, threads: 1, atOnce: 1 },
    LOAD_WITHIN_SECONDS,
  );
  await driver.end();
  return outcome.kind === 'answer' ? 'ready' : `does not run here: ${outcomeText(outcome)}`;
}
