/** Where the kernel keeps what it allows this process of one resource. */
export interface ControlGroup {
  readonly version: 1 | 2;
  /** The process's own folder, then every ancestor's that can be seen from here: all their limits hold. */
  readonly folders: readonly string[];
}

interface Mount {
  /** The part of the file system that is mounted, as a path inside it. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

/**
 * The group that rules over this process's share of `resource`; undefined where none is mounted.
 * @param membership the text of /proc/self/cgroup
 * @param mountTable the text of /proc/self/mountinfo
 */
export function controlGroup(
  resource: 'cpu' | 'memory',
  membership: string,
  mountTable: string,
): ControlGroup | undefined {
  const groups = linesOf(membership).map((line) => {
    const [, names = '', path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return { names: names.split(','), path };
  });
  // A resource is ruled by one version at a time; version 2 has a single line, without names.
  const first = groups.find(({ names }) => names.includes(resource));
  const group = first ?? groups.find(({ names }) => names[0] === '');
  if (!group) return undefined;
  const mounts = linesOf(mountTable)
    .flatMap(mountOf)
    .filter(({ type, options }) => (first ? type === 'cgroup' && options.includes(resource) : type === 'cgroup2'));
  const mount = mounts.find(({ root }) => isInside(group.path, root)) ?? mounts[0];
  return mount && { version: first ? 1 : 2, folders: ancestry(mount, group.path) };
}

/** The folder of that group and those above it, up to where the file system is mounted. */
function ancestry({ root, point }: Mount, path: string): readonly string[] {
  // From inside a container the path can lie outside of what is mounted; then the mount itself is the container's group.
  const steps = isInside(path, root)
    ? path
        .slice(root.length)
        .split('/')
        .filter((step) => step !== '')
    : [];
  return Array.from({ length: steps.length + 1 }, (_, up) => [point, ...steps.slice(0, steps.length - up)].join('/'));
}

function isInside(path: string, root: string): boolean {
  return !path.includes('/..') && (root === '/' || path === root || path.startsWith(`${root}/`));
}

function mountOf(line: string): Mount[] {
  const [place = '', kind = ''] = line.split(' - ');
  const [, , , root, point] = place.split(' ').map(unescaped);
  const [type, , options = ''] = kind.split(' ');
  return root && point && type ? [{ root, point, type, options: options.split(',') }] : [];
}

/** In a table of mounts spaces and the like stand as octal numbers. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}
