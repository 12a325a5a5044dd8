// The stages of the Dockerfile as folders, made without Docker, from Debian's packages. Node and npm are those that run this.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { place } from '../setup/place.mjs';
import { allowedBy, readDockerfile } from './dockerfile.mjs';

/** Where Node's image and Debian's have what the Dockerfile uses of them. */
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * @param {string} command
 * @param {readonly string[]} parameters
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 */
function succeed(command, parameters, options) {
  const { status, error } = spawnSync(command, parameters, { stdio: 'inherit', ...options });
  if (status !== 0) throw error ?? new Error(`${command} ${parameters.join(' ')} ended with ${status}`);
}

/** @param {string} root */
function sizeBytes(root) {
  const { stdout } = spawnSync('du', ['--summarize', '--bytes', '--one-file-system', root], { encoding: 'utf8' });
  return Number.parseInt(stdout, 10);
}

/** @param {number} bytes */
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

/**
 * Debian alone: what both base images begin with.
 * @param {string} folder
 */
function debian(folder) {
  const root = join(folder, 'debian');
  if (!existsSync(join(root, 'usr/bin/apt-get'))) {
    rmSync(root, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    succeed('debootstrap', ['--variant=minbase', 'bookworm', root]);
    // Slim images come without these.
    succeed('sh', ['-c', 'rm -rf usr/share/doc usr/share/man usr/share/locale var/cache/apt/* var/lib/apt/lists/*'], {
      cwd: root,
    });
    // With the security updates, as the images have.
    rmSync(join(root, 'etc/apt/sources.list'));
    copyFileSync('/etc/apt/sources.list.d/debian.sources', join(root, 'etc/apt/sources.list.d/debian.sources'));
  }
  return root;
}

/**
 * Puts this machine's Node and npm where Node's image has them.
 * @param {string} root
 */
function addNode(root) {
  const { stdout } = spawnSync('npm', ['root', '--global'], { encoding: 'utf8' });
  copyFileSync(process.execPath, join(root, 'usr/local/bin/node'));
  chmodSync(join(root, 'usr/local/bin/node'), 0o755);
  cpSync(join(stdout.trim(), 'npm'), join(root, 'usr/local/lib/node_modules/npm'), { recursive: true });
  succeed('ln', ['-sf', '../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm')]);
}

/**
 * What the Dockerfile may copy from here.
 * @param {string} folder
 */
function makeContext(folder) {
  const context = join(folder, 'context');
  rmSync(context, { recursive: true, force: true });
  mkdirSync(context, { recursive: true });
  const paths = allowedBy(readFileSync(place('.dockerignore'), 'utf8')).filter((name) => existsSync(place(name)));
  succeed('cp', ['-a', ...paths, context], { cwd: place() });
  return context;
}

/**
 * Runs a command in a root as its own administrator, as `docker build` does.
 * @param {string} root
 * @param {import('./dockerfile.mjs').Stage['steps'][number] & { kind: 'run' }} step
 */
function runIn(root, { command, folder: workingFolder, environment }) {
  console.log(`RUN ${command}`);
  copyFileSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'));
  const enter =
    'mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" && mount -t tmpfs tmpfs "$0/run" && ' +
    'if [ -n "$3" ]; then cp "$3" "$0/run/certificates.pem"; export NODE_EXTRA_CA_CERTS=/run/certificates.pem; fi && ' +
    'exec chroot "$0" /bin/sh -c \'cd "$0" && eval "$1"\' "$1" "$2"';
  const extra = process.env['NODE_EXTRA_CA_CERTS'] ?? '';
  succeed(
    'unshare',
    ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', enter, root, workingFolder, command, extra],
    {
      env: { PATH: path, HOME: '/root', DEBIAN_FRONTEND: 'noninteractive', ...environment },
    },
  );
}

/**
 * @param {string} root
 * @param {string} from a context, or the root of another stage
 * @param {import('./dockerfile.mjs').Stage['steps'][number] & { kind: 'copy' }} step
 */
function copyInto(root, from, { sources, to, folder: workingFolder }) {
  const target = join(root, resolve(workingFolder, to));
  mkdirSync(to.endsWith('/') ? target : dirname(target), { recursive: true });
  for (const source of sources) {
    const path = join(from, source);
    const whole = statSync(path).isDirectory();
    if (whole) mkdirSync(target, { recursive: true });
    succeed('cp', ['-a', '--no-preserve=ownership', whole ? `${path}/.` : path, target]);
  }
}

/**
 * Makes every stage in a folder of its own below this one, and says how large it is.
 * @param {string} folder
 * @returns {{ root: string, stage: import('./dockerfile.mjs').Stage }} the last stage
 */
export function buildImage(folder) {
  const stages = readDockerfile(readFileSync(place('Dockerfile'), 'utf8'));
  const context = makeContext(folder);
  /** @type {Map<string | undefined, string>} */
  const roots = new Map();
  for (const [at, stage] of stages.entries()) {
    const root = join(folder, stage.name ?? `stage-${at}`);
    console.log(`FROM ${stage.base}: ${root}`);
    rmSync(root, { recursive: true, force: true });
    succeed('cp', ['-a', debian(folder), root]);
    if (stage.base.startsWith('node:')) addNode(root);
    const baseBytes = sizeBytes(root);
    for (const step of stage.steps) {
      mkdirSync(join(root, step.folder), { recursive: true });
      if (step.kind === 'run') runIn(root, step);
      else copyInto(root, step.from === undefined ? context : (roots.get(step.from) ?? ''), step);
    }
    roots.set(stage.name, root);
    console.log(`${root}: ${megabytes(sizeBytes(root))}, of which ${megabytes(baseBytes)} stand for ${stage.base}`);
    if (at === stages.length - 1) return { root, stage };
  }
  throw new Error('The Dockerfile has no stage.');
}
