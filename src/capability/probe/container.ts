import { type Container, type Fact, known } from '../machine.js';
import type { Reading } from './reading.js';

/** How each gives itself away, in a file that its manager writes, in an environment variable or in the name of a control group. */
const signs: readonly (readonly [Container, RegExp])[] = [
  ['kubernetes', /kubepods/],
  ['podman', /podman|libpod/],
  ['docker', /docker/],
  ['systemd-nspawn', /nspawn/],
  ['lxc', /lxc/],
  ['wsl', /wsl|microsoft/i],
];

/** What this process runs in; the innermost where one is inside another. */
export async function container(reading: Reading): Promise<Fact<Container>> {
  if (reading.environment['KUBERNETES_SERVICE_HOST']) return known('kubernetes', 'KUBERNETES_SERVICE_HOST');
  if (reading.platform !== 'linux') return known('none', `${reading.platform} has none of them`);
  const [podmanPath, dockerPath] = ['/run/.containerenv', '/.dockerenv'];
  if ((await reading.textIfThere(podmanPath)) !== undefined) return known('podman', podmanPath);
  if ((await reading.textIfThere(dockerPath)) !== undefined) return known('docker', dockerPath);
  const [managerPath, systemdPath, groupPath] = [
    '/run/host/container-manager',
    '/run/systemd/container',
    '/proc/self/cgroup',
  ];
  const places = [
    [systemdPath, await reading.textIfThere(systemdPath)],
    [managerPath, await reading.textIfThere(managerPath)],
    ['the environment variable container', reading.environment['container']],
    [groupPath, await reading.textIfThere(groupPath)],
    ['the name of the kernel', reading.os.release()],
  ] as const;
  for (const [source, text = ''] of places) {
    const [kind] = signs.find(([, sign]) => sign.test(text)) ?? [];
    if (kind) return known(kind, source);
  }
  const other = places.slice(0, 3).find(([, text]) => text);
  if (other) return known('other', other[0]);
  return known('none', `no sign of one in ${places.map(([source]) => source).join(', ')}`);
}
