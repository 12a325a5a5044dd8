// Runs the steps of the Dockerfile without Docker, then the server from the last stage, as compose.yaml does: not as root,
// nothing writable but its volumes, no way out. Debian, as root, with debootstrap; Node and npm are those that run this.
// `node scripts/container-in-debootstrap.mjs [FOLDER]` keeps the stages in FOLDER, or in build/container.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildImage } from './container/image.mjs';
import { place } from './setup/place.mjs';

const folder = resolve(process.argv[2] ?? place('build/container'));
const clip = place('assets/eleven-seconds.flac');
/** Made ready within this, or it never will be. */
const startSeconds = 60;

/**
 * Starts the program of a stage. The root is read-only; /tmp is memory, volumes are folders beside the root; there is no
 * network but its own loopback; no privilege can be had again.
 * @param {ReturnType<typeof buildImage>} image
 * @param {readonly string[]} command
 */
function start({ root, stage }, command) {
  const volumes = join(folder, 'volumes');
  rmSync(volumes, { recursive: true, force: true });
  for (const volume of stage.volumes) {
    mkdirSync(join(volumes, volume), { recursive: true });
    spawnSync('chown', [stage.user, join(volumes, volume)]);
  }
  const mounts = [
    'mount --bind "$ROOT" "$ROOT"',
    'mount --rbind /dev "$ROOT/dev"',
    'mount -t proc proc "$ROOT/proc"',
    'mount -t tmpfs tmpfs "$ROOT/tmp"',
    ...stage.volumes.map((volume) => `mount --bind "$VOLUMES${volume}" "$ROOT${volume}"`),
    'mount -o remount,bind,ro "$ROOT"',
    'ip link set lo up',
    `exec setpriv --no-new-privs chroot --userspec=${stage.user} "$ROOT" env --ignore-environment --chdir=${stage.folder} "$@"`,
  ];
  const environment = Object.entries({ PATH: process.env['PATH'] ?? '', ...stage.environment });
  const parameters = [...environment.map(([name, value]) => `${name}=${value}`), ...stage.entrypoint, ...command];
  const isolation = ['--mount', '--pid', '--net', '--ipc', '--uts', '--fork', '--kill-child'];
  return spawn('unshare', [...isolation, 'sh', '-ec', mounts.join('\n'), 'sh', ...parameters], {
    env: { PATH: process.env['PATH'], ROOT: root, VOLUMES: volumes },
    stdio: 'inherit',
  });
}

/**
 * The first process in there, as seen from here.
 * @param {import('node:child_process').ChildProcess} container
 */
function firstProcess({ pid }) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return Number.parseInt(children, 10);
}

/**
 * Runs a command in there, as `docker exec` does.
 * @param {number} pid
 * @param {readonly string[]} command
 */
function execute(pid, command) {
  const { status } = spawnSync('nsenter', [`--target=${pid}`, '--mount', '--net', '--pid', '--root', '--', ...command]);
  return status === 0;
}

/**
 * Sends the clip to the server from here, by its network only.
 * @param {number} pid
 */
function transcribe(pid) {
  const request = `
    const form = new FormData();
    form.set('model', 'whisper-1');
    form.set('file', await (await import('node:fs')).openAsBlob(${JSON.stringify(clip)}), 'clip.flac');
    const answer = await fetch('http://127.0.0.1:8080/v1/audio/transcriptions', { method: 'POST', body: form });
    console.log(await answer.text());`;
  const parameters = [`--target=${pid}`, '--net', '--', process.execPath, '--input-type=module', '-e', request];
  return spawnSync('nsenter', parameters, { encoding: 'utf8' }).stdout.trim();
}

/**
 * @param {boolean} holds
 * @param {string} what
 */
function check(holds, what) {
  console.log(`${holds ? 'ok' : 'NOT OK'}: ${what}`);
  if (!holds) process.exitCode = 1;
}

const image = buildImage(folder);
const container = start(image, ['serve', '--host', '0.0.0.0', '--open']);
const ended = new Promise((resolve) => container.on('exit', resolve));
try {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  let isReady = false;
  while (!isReady && container.exitCode === null && seconds() < startSeconds) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    isReady = execute(firstProcess(container), image.stage.healthCommand);
  }
  check(isReady, `healthy after ${seconds().toFixed(1)} s`);
  const pid = firstProcess(container);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  check(/^Uid:\s+10001\s+10001/m.test(status), 'it is not root');
  check(/^NoNewPrivs:\s+1$/m.test(status) && /^CapEff:\s+0+$/m.test(status), 'it has no privileges');
  check(!execute(pid, ['touch', '/app/written']) && execute(pid, ['touch', '/tmp/written']), 'its root is read-only');
  const text = transcribe(pid);
  check(/ask not what your country can do for you/i.test(text), `it says: ${text}`);
  process.kill(pid, 'SIGTERM');
  check((await ended) === 0, 'SIGTERM ends it in good order');
} finally {
  container.kill('SIGKILL');
}
