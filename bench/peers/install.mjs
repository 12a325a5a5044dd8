import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { readStamp, writeStamp } from '../../scripts/setup/stamp.mjs';
import { runCommand } from '../command.mjs';
import { MODELS } from '../models.mjs';
import { installFasterWhisper } from './faster-whisper.mjs';
import { lastWords } from './outcome.mjs';
import { peerFolder } from './place.mjs';
import { installWhisperCpp } from './whisper-cpp.mjs';

/** @typedef {{ kind: 'installed' } | { kind: 'does not install', reason: string }} Installed */

/**
 * Brings a peer here, unless it is here.
 *
 * @param {import('./table.mjs').Peer} peer
 * @param {(line: string) => void} progress
 * @returns {Promise<Installed>}
 */
export async function installPeer(peer, progress) {
  const { origin } = peer;
  try {
    switch (origin.kind) {
      case 'npm':
        await installPackage(peer.name, origin, progress);
        break;
      case 'python':
        await installFasterWhisper(MODELS, progress);
        break;
      case 'source':
        await installWhisperCpp(progress);
        break;
      case 'here':
        break;
    }
    return { kind: 'installed' };
  } catch (error) {
    return { kind: 'does not install', reason: lastWords(String(error)) };
  }
}

/**
 * @param {string} name
 * @param {Extract<import('./table.mjs').Origin, { kind: 'npm' }>} origin
 * @param {(line: string) => void} progress
 */
async function installPackage(name, origin, progress) {
  const folder = peerFolder(name);
  const wanted = `${origin.package}@${origin.version}`;
  const stamp = path.join(folder, 'installed.stamp');
  if (readStamp(stamp) === wanted) return;
  progress(`installing ${wanted} into build/peers/${name}`);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'package.json'), '{ "private": true }\n');
  const quietly = ['--no-audit', '--no-fund', '--loglevel=error'];
  await runCommand('npm', ['install', '--prefix', folder, '--save-exact', ...quietly, wanted]);
  if (origin.builds !== undefined) {
    progress(`building ${origin.builds} of ${wanted} (minutes)`);
    const source = path.join(folder, 'node_modules', origin.package, origin.builds);
    const build = path.join(source, 'build');
    await runCommand('cmake', ['-S', source, '-B', build]);
    const jobs = String(os.availableParallelism());
    await runCommand('cmake', ['--build', build, '--config', 'Release', '--target', 'whisper-cli', '-j', jobs]);
  }
  writeStamp(stamp, wanted);
}
