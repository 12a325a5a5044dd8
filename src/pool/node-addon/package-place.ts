import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** The package whisper-node-addon on this machine. */
export interface PackagePlace {
  readonly folder: string;
  readonly version: string;
  /** The file that Node would load. */
  readonly main: string;
}

/** Where Node would find the package for this one or for the program in the working directory. Nothing of it is run. */
export function findPackage(): PackagePlace | undefined {
  const parents = [...withParents(import.meta.dirname), ...withParents(process.cwd())];
  for (const parent of parents) {
    const place = packageAt(join(parent, 'node_modules', 'whisper-node-addon'));
    if (place) return place;
  }
  return undefined;
}

/** The package in `folder`; undefined where there is none that can be read. */
export function packageAt(folder: string): PackagePlace | undefined {
  try {
    const description = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Partial<PackagePlace>;
    const { version = 'unknown', main = 'index.js' } = description;
    return { folder, version, main: join(folder, main) };
  } catch {
    return undefined;
  }
}

/** Its binary looks for its libraries in its builder's folder. The loader is told where they are instead. */
export function libraryEnvironment({ folder }: PackagePlace): Readonly<Record<string, string>> {
  const name = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  const own = join(folder, 'platform', `${process.platform}-${process.arch}`);
  const inherited = process.env[name];
  return { [name]: inherited === undefined ? own : `${own}${delimiter}${inherited}` };
}

function withParents(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...withParents(parent)];
}
